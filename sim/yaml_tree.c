/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of YAML into trees: opening, decompression, events, bounds. The functions
 * that look at a tree are in yaml_value.c. */
#include "yaml_tree.h"
#include "arena.h"
#include "yaml_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>
#include <zlib.h>

/* Bounds of one document. The largest known vector has 25,000 nodes. */
#define DEPTH_MAX 32
#define NODES_MAX (4u << 20)
#define BYTES_MAX (64u << 20)
#define KEYS_MAX  256 /* of one map: duplicates are looked for one by one */

/* A list or map whose end has not been seen. */
struct open_node {
	struct ytree_node *node;
	struct ytree_node *last;
	struct ytree_node *key; /* of a map, waiting for its value */
};

struct ytree_parser {
	yaml_parser_t yaml;
	gzFile file;
	const char *text;
	size_t length;
	bool read_failed;
	struct arena arena;
	size_t bytes;
	unsigned nodes;
	unsigned depth;
	struct open_node open[DEPTH_MAX];
	struct ytree_node *root;
};

/* ---- Errors ---------------------------------------------------------------- */

static void note(struct ytree *tree, unsigned line, unsigned column, const char *format,
		 va_list args)
{
	struct ytree_error *error = tree->error;
	char place[32] = "";
	int used;

	if (line)
		snprintf(place, sizeof(place), ":%u:%u", line, column);
	/* A long path must leave room for the message. */
	used = snprintf(error->text, sizeof(error->text), "%.256s%s: ", tree->name, place);
	vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, args);
}

static __attribute__((format(printf, 3, 4))) int fail_mark(struct ytree *tree,
							   const yaml_mark_t *mark,
							   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(tree, (unsigned)mark->line + 1, (unsigned)mark->column + 1, format, args);
	va_end(args);
	return -EINVAL;
}

static __attribute__((format(printf, 3, 4))) int fail_file(struct ytree *tree, int err,
							   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(tree, 0, 0, format, args);
	va_end(args);
	return err;
}

int ytree_fail(struct ytree *tree, const struct ytree_node *node, const char *format, ...)
{
	va_list args;

	if (ytree_failed(tree))
		return -EINVAL;
	va_start(args, format);
	note(tree, node ? node->line : 0, node ? node->column : 0, format, args);
	va_end(args);
	return -EINVAL;
}

int ytree_fail_key(struct ytree *tree, const struct ytree_node *value, const char *format, ...)
{
	va_list args;

	if (ytree_failed(tree))
		return -EINVAL;
	va_start(args, format);
	note(tree, value->key_line, value->key_column, format, args);
	va_end(args);
	return -EINVAL;
}

bool ytree_failed(const struct ytree *tree)
{
	return tree->error->text[0] != '\0';
}

void ytree_forgive(struct ytree *tree)
{
	tree->error->text[0] = '\0';
}

const char *ytree_name(const struct ytree *tree)
{
	return tree->name;
}

/* libyaml's own complaint, in our form. */
static int fail_parser(struct ytree *tree)
{
	const yaml_parser_t *yaml = &tree->parser->yaml;

	if (tree->parser->read_failed)
		return fail_file(tree, -EIO, "cannot be read: damaged, cut or an I/O error");
	if (yaml->error == YAML_MEMORY_ERROR)
		return fail_file(tree, -ENOMEM, "no memory");
	if (yaml->error == YAML_READER_ERROR)
		return fail_file(tree, -EINVAL, "not text in UTF-8: %s at byte %zu", yaml->problem,
				 yaml->problem_offset);
	return fail_mark(tree, &yaml->problem_mark, "not YAML: %s",
			 yaml->problem ? yaml->problem : "malformed");
}

/* ---- Input ------------------------------------------------------------------ */

static int read_file(void *opaque, unsigned char *buffer, size_t size, size_t *done)
{
	struct ytree_parser *p = opaque;
	int got, err = Z_OK;

	if (size > 1u << 20)
		size = 1u << 20;
	got = gzread(p->file, buffer, (unsigned)size);
	if (got <= 0)
		gzerror(p->file, &err);
	if (got < 0 || (got == 0 && err != Z_OK && err != Z_STREAM_END)) {
		p->read_failed = true;
		return 0;
	}
	*done = (size_t)got;
	return 1;
}

static struct ytree *tree_create(const char *name, struct ytree_error *error)
{
	struct ytree *tree = calloc(1, sizeof(*tree));
	struct ytree_parser *p = calloc(1, sizeof(*p));

	error->text[0] = '\0';
	if (!tree || !p || !(tree->name = strdup(name))) {
		free(tree);
		free(p);
		snprintf(error->text, sizeof(error->text), "%.256s: no memory", name);
		return NULL;
	}
	tree->error = error;
	tree->parser = p;
	if (!yaml_parser_initialize(&p->yaml)) {
		fail_file(tree, -ENOMEM, "no memory");
		free(tree->name);
		free(tree);
		free(p);
		return NULL;
	}
	return tree;
}

static gzFile open_file(const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	gzFile file;

	if (fd < 0)
		return NULL;
	file = gzdopen(fd, "rb");
	if (!file) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	gzbuffer(file, 128u << 10);
	return file;
}

int ytree_open(const char *path, struct ytree **out, struct ytree_error *error)
{
	struct ytree *tree = tree_create(strcmp(path, "-") == 0 ? "standard input" : path, error);
	int err;

	*out = NULL;
	if (!tree)
		return -ENOMEM;
	tree->parser->file = open_file(path);
	if (!tree->parser->file) {
		err = errno;
		fail_file(tree, -err, "cannot be opened: %s", strerror(err));
		ytree_close(tree);
		return -err;
	}
	yaml_parser_set_input(&tree->parser->yaml, read_file, tree->parser);
	*out = tree;
	return 0;
}

int ytree_open_text(const char *name, const char *text, size_t length, struct ytree **out,
		    struct ytree_error *error)
{
	struct ytree *tree = tree_create(name, error);

	*out = tree;
	if (!tree)
		return -ENOMEM;
	yaml_parser_set_input_string(&tree->parser->yaml, (const unsigned char *)text, length);
	return 0;
}

void ytree_close(struct ytree *tree)
{
	if (!tree)
		return;
	yaml_parser_delete(&tree->parser->yaml);
	if (tree->parser->file)
		gzclose(tree->parser->file);
	arena_free(&tree->parser->arena);
	free(tree->parser);
	free(tree->name);
	free(tree);
}

/* ---- Building ---------------------------------------------------------------- */

static int check_bounds(struct ytree *tree, const yaml_event_t *event, size_t length)
{
	struct ytree_parser *p = tree->parser;

	p->bytes += length;
	if (++p->nodes > NODES_MAX)
		return fail_mark(tree, &event->start_mark,
				 "document has more than %u values, which is the limit", NODES_MAX);
	if (p->bytes > BYTES_MAX)
		return fail_mark(tree, &event->start_mark,
				 "document has more than %u bytes of text, which is the limit",
				 BYTES_MAX);
	return 0;
}

static struct ytree_node *new_node(struct ytree *tree, const yaml_event_t *event,
				   enum ytree_kind kind)
{
	struct ytree_node *node = arena_get(&tree->parser->arena, 1, sizeof(*node));

	if (!node) {
		fail_file(tree, -ENOMEM, "no memory");
		return NULL;
	}
	*node = (struct ytree_node){
		.kind = (uint8_t)kind,
		.line = (uint32_t)event->start_mark.line + 1,
		.column = (uint32_t)event->start_mark.column + 1,
	};
	return node;
}

static int duplicate_key(struct ytree *tree, const struct open_node *open,
			 const struct ytree_node *key)
{
	for (const struct ytree_node *n = open->node->first; n; n = n->next)
		if (strcmp(n->key, key->text) == 0)
			return ytree_fail(tree, key,
					  "key '%.64s' stands twice, expected once (first on "
					  "line %u)",
					  key->text, n->key_line);
	return 0;
}

/* Puts a finished scalar, or a list or map just begun, where it belongs. */
static int attach(struct ytree *tree, struct ytree_node *node)
{
	struct ytree_parser *p = tree->parser;
	struct open_node *open = p->depth ? &p->open[p->depth - 1] : NULL;

	if (!open) {
		p->root = node;
		return 0;
	}
	if (open->node->kind == YTREE_MAP && !open->key) {
		if (node->kind != YTREE_SCALAR)
			return ytree_fail(tree, node, "list or map as a key, expected a word");
		if (open->node->count == KEYS_MAX)
			return ytree_fail(tree, node,
					  "map has more than %d keys, which is the limit",
					  KEYS_MAX);
		open->key = node;
		return duplicate_key(tree, open, node);
	}
	if (open->key) {
		node->key = open->key->text;
		node->key_line = open->key->line;
		node->key_column = open->key->column;
		open->key = NULL;
	}
	if (open->last)
		open->last->next = node;
	else
		open->node->first = node;
	open->last = node;
	open->node->count++;
	return 0;
}

static int add_scalar(struct ytree *tree, const yaml_event_t *event)
{
	size_t length = event->data.scalar.length;
	struct ytree_node *node;
	char *text;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return fail_mark(tree, &event->start_mark,
				 "anchor or tag, expected a plain value (not supported)");
	if (check_bounds(tree, event, length))
		return -EINVAL;
	node = new_node(tree, event, YTREE_SCALAR);
	text = node ? arena_get(&tree->parser->arena, 1, length + 1) : NULL;
	if (!text)
		return fail_file(tree, -ENOMEM, "no memory");
	memcpy(text, event->data.scalar.value, length);
	text[length] = '\0';
	if (strlen(text) != length)
		return fail_mark(tree, &event->start_mark, "text with a NUL character");
	node->text = text;
	node->count = (uint32_t)length;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return attach(tree, node);
}

static int begin_node(struct ytree *tree, const yaml_event_t *event, enum ytree_kind kind,
		      bool decorated)
{
	struct ytree_parser *p = tree->parser;
	struct ytree_node *node;

	if (decorated)
		return fail_mark(tree, &event->start_mark,
				 "anchor or tag, expected a plain value (not supported)");
	if (p->depth == DEPTH_MAX)
		return fail_mark(tree, &event->start_mark, "nested deeper than the limit of %d",
				 DEPTH_MAX);
	if (check_bounds(tree, event, 0))
		return -EINVAL;
	node = new_node(tree, event, kind);
	if (!node)
		return -ENOMEM;
	if (attach(tree, node))
		return -EINVAL;
	p->open[p->depth++] = (struct open_node){.node = node};
	return 0;
}

/* One event of a document; 1 at its end. */
static int take_event(struct ytree *tree, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(tree, event);
	case YAML_SEQUENCE_START_EVENT:
		return begin_node(tree, event, YTREE_LIST,
				  event->data.sequence_start.anchor ||
					  event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return begin_node(tree, event, YTREE_MAP,
				  event->data.mapping_start.anchor ||
					  event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		tree->parser->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return fail_mark(tree, &event->start_mark,
				 "alias, expected a plain value (not supported)");
	case YAML_DOCUMENT_END_EVENT:
		return 1;
	default:
		return 0;
	}
}

int ytree_next(struct ytree *tree, const struct ytree_node **document)
{
	struct ytree_parser *p = tree->parser;
	yaml_event_t event;
	int end = 0;

	*document = NULL;
	if (tree->broken)
		return tree->broken;
	ytree_forgive(tree);
	arena_clear(&p->arena);
	p->bytes = 0;
	p->nodes = 0;
	p->root = NULL;
	p->depth = 0;
	while (end == 0) {
		bool last;

		if (!yaml_parser_parse(&p->yaml, &event)) {
			tree->broken = fail_parser(tree);
			return tree->broken;
		}
		last = event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT;
		end = take_event(tree, &event);
		yaml_event_delete(&event);
		if (last)
			return 0;
	}
	if (end < 0) {
		tree->broken = end;
		return end;
	}
	*document = p->root;
	return 0;
}

/* Anything behind the one document of a file? */
static int check_end(struct ytree *tree)
{
	yaml_event_t event;
	int err = 0;

	if (!yaml_parser_parse(&tree->parser->yaml, &event))
		return fail_parser(tree);
	if (event.type != YAML_STREAM_END_EVENT)
		err = fail_mark(tree, &event.start_mark, "second document, expected one alone");
	yaml_event_delete(&event);
	return err;
}

int ytree_load(const char *path, struct ytree **tree, const struct ytree_node **document,
	       struct ytree_error *error)
{
	int err = ytree_open(path, tree, error);

	if (err)
		return err;
	err = ytree_next(*tree, document);
	if (!err && !*document)
		err = ytree_fail(*tree, NULL, "empty, expected a document");
	return err ? err : check_end(*tree);
}
