/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a machine's values come from: defaults, the trace, the machine file,
 * --set. And the way back: the effective machine as a file.
 */
#include "machine.h"

#include "cmd.h"
#include "nearest.h"
#include "yaml_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 128

void machine_default(struct machine *machine, const struct ioasim_arch *arch)
{
	*machine = (struct machine){
		.arch = arch,
		.window = {{.base = 0, .size = (uint64_t)64 << 30}},
		.driver =
			{
				.policy = DRIVER_STRICT,
				.lazy_deadline_ns = 10000000,
				.lazy_threshold = 256,
				/* Clear of the memory of the recorded machines. */
				.pool_base = (uint64_t)32 << 30,
				.pool_size = (uint64_t)1 << 30,
			},
		.timing = machine_timing_default,
	};
	ioasim_unit_config_init(&machine->unit, arch->name);
}

/* ---- The machine file -------------------------------------------------------- */

struct loading {
	struct machine *machine;
	struct ytree *tree;
	bool devices; /* the file may have them: topology.c reads them */
};

static bool is_devices(const struct loading *loading, const struct ytree_node *node)
{
	return loading->devices && node->key && strcmp(node->key, "devices") == 0;
}

/* The same node, standing where its key stands. */
static struct ytree_node key_of(const struct ytree_node *node)
{
	struct ytree_node key = *node;

	key.line = node->key_line;
	key.column = node->key_column;
	return key;
}

static int load_scalar(struct loading *loading, const struct ytree_node *node, const char *path)
{
	char why[MACHINE_WHY_SIZE];
	struct ytree_node key;
	int status;

	if (strcmp(path, "arch") == 0)
		return 0;
	status = machine_set(loading->machine, path, node->text, why);
	if (status == -ENOENT && node->key) {
		key = key_of(node);
		return ytree_fail(loading->tree, &key, "%s", why);
	}
	return status ? ytree_fail(loading->tree, node, "%s: %s", path, why) : 0;
}

/* Every scalar under a node is one key: maps add ".key", lists ".index". */
static int load_node(struct loading *loading, const struct ytree_node *node, const char *path)
{
	char inner[PATH_SIZE];
	struct ytree_node key;
	unsigned index = 0;
	int length;

	if (node->kind == YTREE_SCALAR)
		return load_scalar(loading, node, path);
	for (const struct ytree_node *n = node->first; n; n = n->next, index++) {
		if (!*path && is_devices(loading, n))
			continue;
		if (node->kind == YTREE_MAP)
			length = snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "",
					  n->key);
		else
			length = snprintf(inner, sizeof(inner), "%s.%u", path, index);
		if (length < 0 || (size_t)length >= sizeof(inner)) {
			key = node->kind == YTREE_MAP ? key_of(n) : *n;
			return ytree_fail(loading->tree, &key,
					  "key too long: no key has this name");
		}
		if (load_node(loading, n, inner))
			return -EINVAL;
	}
	return 0;
}

struct top_keys {
	struct nearest near;
	char seen[16][16];
	unsigned count;
	bool found;
};

static void top_key(void *opaque, const char *key, const char *text, enum machine_value kind)
{
	struct top_keys *top = opaque;
	size_t length = strcspn(key, ".");

	(void)text;
	(void)kind;
	if (length >= sizeof(top->seen[0]) || top->count >= 16)
		return;
	if (top->count && strlen(top->seen[top->count - 1]) == length &&
	    memcmp(top->seen[top->count - 1], key, length) == 0)
		return;
	memcpy(top->seen[top->count], key, length);
	top->found |= strcmp(top->seen[top->count], top->near.typed) == 0;
	nearest_offer(&top->near, top->seen[top->count]);
	top->count++;
}

/* A wrong word at the top is answered with the right word, not with a whole key;
 * a scalar where a map belongs and an empty map are refused by name. */
static int check_top(struct loading *loading, const struct ytree_node *root)
{
	char hint[NEAREST_HINT_SIZE];

	for (const struct ytree_node *n = root->first; n; n = n->next) {
		struct top_keys top = {.near = nearest_to(n->key)};
		struct ytree_node key = key_of(n);

		if (is_devices(loading, n))
			continue;
		machine_visit(loading->machine, top_key, &top);
		if (!top.found)
			return ytree_fail(loading->tree, &key, "unknown key '%s'%s", n->key,
					  nearest_hint(&top.near, hint));
	}
	return 0;
}

/* A file that gives windows gives all of them. */
static void clear_windows(struct machine *machine, const struct ytree_node *root)
{
	if (ytree_get(root, "memory"))
		memset(machine->window, 0, sizeof(machine->window));
}

/* A window without a size would be nothing, and a file of such no machine. */
static int check_windows(struct loading *loading, const struct ytree_node *root)
{
	const struct ytree_node *memory = ytree_get(root, "memory");
	unsigned index = 0;

	if (!memory)
		return 0;
	for (const struct ytree_node *n = memory->first; n; n = n->next, index++)
		if (index < MACHINE_WINDOWS && !loading->machine->window[index].size)
			return ytree_fail(
				loading->tree, n,
				"a window without a size, expected one of at least 4 KiB");
	return 0;
}

static const struct ioasim_arch *arch_of_file(struct ytree *tree, const struct ytree_node *root)
{
	const struct ytree_node *node = ytree_get(root, "arch");
	const struct ioasim_arch *arch;
	const char *name;

	if (!node || ytree_string(tree, node, &name))
		return NULL;
	arch = arch_find(name);
	if (!arch) {
		struct nearest near = nearest_to(name);
		char hint[NEAREST_HINT_SIZE];

		for (unsigned i = 0; ioasim_arch_name(i); i++)
			nearest_offer(&near, ioasim_arch_name(i));
		ytree_fail(tree, node, "'%s' is no architecture of this version%s", name,
			   nearest_hint(&near, hint));
	}
	return arch;
}

/* ---- Putting it together ------------------------------------------------------ */

static const struct ioasim_arch *arch_named(const char *name, struct message *message)
{
	const struct ioasim_arch *arch = arch_find(name);
	struct nearest near = nearest_to(name);
	char hint[NEAREST_HINT_SIZE];

	for (unsigned i = 0; ioasim_arch_name(i); i++)
		nearest_offer(&near, ioasim_arch_name(i));
	if (!arch)
		message_error(message, NULL, "'%s' is no architecture of this version%s", name,
			      nearest_hint(&near, hint));
	return arch;
}

void machine_recorded(struct machine *machine, const struct trace_meta *meta)
{
	uint64_t value;

	if (strcmp(meta->arch, machine->arch->name) != 0)
		return;
	for (size_t i = 0; i < meta->n_keys; i++) {
		const char *name = meta->keys[i].name;
		char *end;

		if (strncmp(name, "cap.", 4) != 0)
			continue;
		errno = 0;
		value = strtoull(meta->keys[i].value, &end, 0);
		/* Values that no capability of the model has (a version) are ignored. */
		if (!errno && *end == '\0' && end != meta->keys[i].value)
			(void)ioasim_unit_config_set(&machine->unit, name + 4, value);
	}
}

static int apply_sets(struct machine *machine, const struct machine_source *source,
		      struct message *message)
{
	char key[PATH_SIZE], why[MACHINE_WHY_SIZE];

	for (size_t i = 0; i < source->sets; i++) {
		const char *equals = strchr(source->set[i], '=');
		size_t length = equals ? (size_t)(equals - source->set[i]) : 0;

		if (!length || length >= sizeof(key)) {
			message_error(message, NULL, "--set %s: expected KEY=VALUE",
				      source->set[i]);
			return CMD_USAGE;
		}
		memcpy(key, source->set[i], length);
		key[length] = '\0';
		if (strcmp(key, "arch") == 0)
			snprintf(why, sizeof(why), "give the architecture with --arch");
		else if (machine_set(machine, key, equals + 1, why) == 0)
			continue;
		message_error(message, NULL, "--set %s: %s", source->set[i], why);
		return CMD_USAGE;
	}
	return 0;
}

/* With the file's tree open, or none. */
static int assemble(struct machine *machine, const struct machine_source *source,
		    struct loading *loading, const struct ytree_node *root, struct message *message)
{
	const struct ioasim_arch *file_arch = root ? arch_of_file(loading->tree, root) : NULL;
	const struct ioasim_arch *arch = file_arch;
	char why[MACHINE_WHY_SIZE];

	if (root && ytree_failed(loading->tree))
		return CMD_INPUT;
	if (source->arch && !(arch = arch_named(source->arch, message)))
		return CMD_USAGE;
	if (file_arch && arch != file_arch) {
		message_error(message, NULL, "--arch %s: %s describes a machine with %s",
			      arch->name, source->path, file_arch->name);
		return CMD_USAGE;
	}
	if (!arch && source->meta && source->meta->arch[0] &&
	    !(arch = arch_named(source->meta->arch, message)))
		return CMD_INPUT;
	machine_default(machine, arch ? arch : ioasim_archs[0]);
	if (source->meta)
		machine_recorded(machine, source->meta);
	if (root) {
		if (check_top(loading, root))
			return CMD_INPUT;
		clear_windows(machine, root);
		if (load_node(loading, root, "") || check_windows(loading, root))
			return CMD_INPUT;
	}
	if (apply_sets(machine, source, message))
		return CMD_USAGE;
	if (machine_check(machine, why)) {
		message_error(message,
			      source->path ? &(struct position){.file = source->path} : NULL, "%s",
			      why);
		return source->path ? CMD_INPUT : CMD_USAGE;
	}
	return 0;
}

int machine_load(struct machine *machine, const struct machine_source *source,
		 struct message *message)
{
	struct ytree_error error = {""};
	struct loading loading = {.machine = machine, .devices = source->devices};
	const struct ytree_node *root = NULL;
	int status = CMD_INPUT;

	if (!source->path)
		return assemble(machine, source, &loading, NULL, message);
	if (ytree_load(source->path, &loading.tree, &root, &error) == 0 &&
	    ytree_want(loading.tree, root, YTREE_MAP) == 0)
		status = assemble(machine, source, &loading, root, message);
	if (error.text[0])
		message_error(message, NULL, "%s", error.text);
	ytree_close(loading.tree);
	return status;
}

int machine_check(const struct machine *machine, char why[MACHINE_WHY_SIZE])
{
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_geometry *cache = &machine->unit.cache[i];

		if (!machine->arch->cache[i].present || !cache->entries || !cache->ways ||
		    cache->entries % cache->ways == 0)
			continue;
		snprintf(why, MACHINE_WHY_SIZE,
			 "caches.%s: %" PRIu32 " entries are not a multiple of %" PRIu32 " ways",
			 ioasim_cache_name(i), cache->entries, cache->ways);
		return -EINVAL;
	}
	return machine_timing_check(&machine->timing, why);
}

/* ---- The way back ------------------------------------------------------------- */

struct dumping {
	FILE *stream;
	char last[PATH_SIZE];
};

/* Prints the parts of the key that the line before did not have. An index of a list
 * is printed as the dash before its first key. */
static void dump_key(void *opaque, const char *key, const char *text, enum machine_value kind)
{
	struct dumping *dumping = opaque;
	const char *part = key;
	const char *last = dumping->last;
	bool same = true, dash = false;
	unsigned depth = 0;

	(void)kind;
	for (;; depth++) {
		size_t length = strcspn(part, ".");
		bool end = part[length] == '\0';

		same = same && strcspn(last, ".") == length && memcmp(last, part, length) == 0;
		if (same) {
			last += length + (last[length] == '.');
		} else if (*part >= '0' && *part <= '9') {
			fprintf(dumping->stream, "%*s- ", 2 * (int)depth, "");
			dash = true;
		} else {
			fprintf(dumping->stream, "%*s%.*s:", dash ? 0 : 2 * (int)depth, "",
				(int)length, part);
			fprintf(dumping->stream, end ? " %s\n" : "\n", text);
			dash = false;
		}
		if (end)
			break;
		part += length + 1;
	}
	snprintf(dumping->last, sizeof(dumping->last), "%s", key);
}

void machine_dump(const struct machine *machine, FILE *stream)
{
	struct dumping dumping = {.stream = stream};

	fputs("# The effective machine: -c with this file reproduces the run.\n", stream);
	machine_visit(machine, dump_key, &dumping);
}
