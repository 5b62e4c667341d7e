/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep_machine.h"

#include "cmd.h"
#include "nearest.h"
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <ioasim/version.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A machine file on an architecture, with what all points set: points begin with a copy. */
struct base {
	const char *file, *arch; /* as they are written; NULL: none */
	struct machine machine;
};

struct sweep_machines {
	const struct sweep_plan *plan;
	const struct trace_meta *meta;
	struct message *message;
	struct base *base;
	size_t bases, room;
};

struct sweep_machines *sweep_machines_new(const struct sweep_plan *plan,
					  const struct trace_meta *meta, struct message *message)
{
	struct sweep_machines *machines = calloc(1, sizeof(*machines));

	if (!machines)
		return NULL;
	machines->plan = plan;
	machines->meta = meta;
	machines->message = message;
	return machines;
}

void sweep_machines_free(struct sweep_machines *machines)
{
	if (machines)
		free(machines->base);
	free(machines);
}

/* ---- One machine ----------------------------------------------------------------------- */

static int no_memory(struct sweep_machines *machines)
{
	message_error(machines->message, NULL, "%s", strerror(ENOMEM));
	return CMD_INPUT;
}

static struct position position_of(const struct sweep_machines *machines, struct sweep_place at)
{
	return (struct position){machines->plan->path, at.line, at.column};
}

/* `machine` and `arch` say where a machine begins; all else is a key of it. */
static bool is_head(const struct sweep_setting *setting)
{
	return strcmp(setting->key, "machine") == 0 || strcmp(setting->key, "arch") == 0;
}

static int set(struct sweep_machines *machines, struct machine *machine,
	       const struct sweep_setting *setting)
{
	char why[MACHINE_WHY_SIZE];
	struct position at;
	int status = machine_set(machine, setting->key, setting->value, why);

	if (status == 0)
		return 0;
	at = position_of(machines, status == -ENOENT ? setting->key_at : setting->at);
	if (status == -ENOENT)
		message_error(machines->message, &at, "%s on %s", why, machine->arch->name);
	else
		message_error(machines->message, &at, "%s: %s", setting->key, why);
	return CMD_INPUT;
}

static int check_arch(struct sweep_machines *machines, const struct sweep_setting *setting)
{
	struct nearest near = nearest_to(setting->value);
	struct position at = position_of(machines, setting->at);
	char hint[NEAREST_HINT_SIZE];

	if (arch_find(setting->value))
		return 0;
	for (unsigned i = 0; ioasim_arch_name(i); i++)
		nearest_offer(&near, ioasim_arch_name(i));
	message_error(machines->message, &at, "'%s' is no architecture of this version%s",
		      setting->value, nearest_hint(&near, hint));
	return CMD_INPUT;
}

static int load_base(struct sweep_machines *machines, struct base *base)
{
	const struct sweep_row *fixed = &machines->plan->fixed;
	struct machine_source source = {.arch = base->arch, .meta = machines->meta};
	char *path = base->file ? sweep_plan_file(machines->plan, base->file) : NULL;
	int status;

	if (base->file && !path)
		return no_memory(machines);
	source.path = path;
	status = machine_load(&base->machine, &source, machines->message);
	free(path);
	for (size_t i = 0; i < fixed->settings && status == 0; i++)
		if (!is_head(&fixed->setting[i]))
			status = set(machines, &base->machine, &fixed->setting[i]);
	return status ? CMD_INPUT : 0;
}

/* Texts of a plan are told apart by where they lie: the same one is the same base. */
static int find_base(struct sweep_machines *machines, const char *file, const char *arch,
		     const struct base **found)
{
	struct base *more = machines->base;
	int status;

	for (size_t i = 0; i < machines->bases; i++) {
		*found = &machines->base[i];
		if ((*found)->file == file && (*found)->arch == arch)
			return 0;
	}
	if (machines->bases == machines->room) {
		machines->room = machines->room ? machines->room * 2 : 8;
		more = reallocarray(machines->base, machines->room, sizeof(*more));
		if (!more)
			return no_memory(machines);
		machines->base = more;
	}
	more += machines->bases;
	*more = (struct base){.file = file, .arch = arch};
	status = load_base(machines, more);
	machines->bases += status == 0;
	*found = more;
	return status;
}

/* The base of a point, by what it or all points say of file and architecture. */
static int base_of(struct sweep_machines *machines, const struct sweep_setting *const *settings,
		   size_t count, const struct base **base)
{
	const struct sweep_row *fixed = &machines->plan->fixed;
	const char *file = NULL, *arch = NULL;

	for (size_t i = 0; i < fixed->settings + count; i++) {
		const struct sweep_setting *setting =
			i < fixed->settings ? &fixed->setting[i] : settings[i - fixed->settings];

		if (strcmp(setting->key, "machine") == 0)
			file = setting->value;
		if (strcmp(setting->key, "arch") == 0)
			arch = setting->value;
		if (arch == setting->value && check_arch(machines, setting))
			return CMD_INPUT;
	}
	return find_base(machines, file, arch, base);
}

static int refuse(struct sweep_machines *machines, size_t point, const char *why)
{
	char text[512];

	sweep_plan_describe(machines->plan, point, text, sizeof(text));
	message_error(machines->message, &(struct position){.file = machines->plan->path},
		      "point %zu (%s): %s", point, text, why);
	return CMD_INPUT;
}

static int choose_level(struct sweep_machines *machines, size_t point, struct sweep_point *out)
{
	const struct trace_meta *meta = machines->meta;
	uint8_t natural = replay_level(meta, out->machine.arch);
	char why[128];

	out->level = machines->plan->level == SWEEP_DRIVER ? TRACE_LEVEL_DRIVER : natural;
	out->lifted = out->level == TRACE_LEVEL_DRIVER && !(meta->levels & TRACE_LEVEL_DRIVER);
	if (machines->plan->level != SWEEP_UNIT || natural == TRACE_LEVEL_UNIT)
		return 0;
	snprintf(why, sizeof(why), "level: unit, but the trace %s%s",
		 meta->levels & TRACE_LEVEL_UNIT ? "was recorded on " : "has the driver level only",
		 meta->levels & TRACE_LEVEL_UNIT ? meta->arch : "");
	return refuse(machines, point, why);
}

/* ---- Digests ------------------------------------------------------------------------------ */

static unsigned __int128 digest_begin(void)
{
	return (unsigned __int128)0x6c62272e07bb0142u << 64 | 0x62b821756295c58du;
}

static void digest_add(unsigned __int128 *digest, const char *text)
{
	const unsigned __int128 prime = (unsigned __int128)1 << 88 | 0x13b;

	do
		*digest = (*digest ^ (unsigned char)*text) * prime;
	while (*text++);
}

static void digest_add_number(unsigned __int128 *digest, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	digest_add(digest, text);
}

static struct sweep_digest digest_end(unsigned __int128 digest)
{
	return (struct sweep_digest){(uint64_t)(digest >> 64), (uint64_t)digest};
}

struct digesting {
	unsigned __int128 all, replay, driver;
	bool unit_level, serial;
};

static void digest_key(void *opaque, const char *key, const char *text, enum machine_value kind)
{
	struct digesting *digesting = opaque;
	bool timing = strncmp(key, "timing.", 7) == 0;
	/* The serial model works on the counts when all is over. */
	bool unused = (timing && digesting->serial) ||
		      (digesting->unit_level && strncmp(key, "driver.", 7) == 0);
	bool cache = strncmp(key, "caches.", 7) == 0;

	(void)kind;
	digest_add(&digesting->all, key);
	digest_add(&digesting->all, text);
	if (unused)
		return;
	digest_add(&digesting->replay, key);
	digest_add(&digesting->replay, text);
	if (cache || timing)
		return;
	digest_add(&digesting->driver, key);
	digest_add(&digesting->driver, text);
}

static struct sweep_digest digest_machine(struct sweep_point *point)
{
	struct digesting digesting = {
		.all = digest_begin(),
		.replay = digest_begin(),
		.driver = digest_begin(),
		.unit_level = point->level == TRACE_LEVEL_UNIT,
		.serial = point->machine.timing.model == MACHINE_SERIAL,
	};

	digest_add_number(&digesting.all, point->level);
	digest_add_number(&digesting.replay, point->level);
	digest_add_number(&digesting.driver, point->level);
	machine_visit(&point->machine, digest_key, &digesting);
	point->replay = digest_end(digesting.replay);
	point->driver = digest_end(digesting.driver);
	return digest_end(digesting.all);
}

/* ---- Points --------------------------------------------------------------------------------- */

static int make(struct sweep_machines *machines, size_t point, struct sweep_point *out)
{
	const struct sweep_setting *settings[SWEEP_KEYS];
	size_t count = sweep_plan_point(machines->plan, point, settings);
	const struct base *base = NULL;
	char why[MACHINE_WHY_SIZE];

	if (base_of(machines, settings, count, &base))
		return CMD_INPUT;
	out->machine = base->machine;
	for (size_t i = 0; i < count; i++)
		if (!is_head(settings[i]) && set(machines, &out->machine, settings[i]))
			return CMD_INPUT;
	if (machine_check(&out->machine, why))
		return refuse(machines, point, why);
	return choose_level(machines, point, out);
}

int sweep_machine(struct sweep_machines *machines, size_t point, struct sweep_point *out)
{
	int status = make(machines, point, out);

	if (status == 0)
		(void)digest_machine(out);
	return status;
}

/* Can the unit be built? Said before the first replay, not hours later. */
static int try_unit(struct sweep_machines *machines, size_t point, const struct machine *machine)
{
	struct ioasim_memory *memory = ioasim_memory_create();
	struct ioasim_unit *unit = NULL;
	const char *why = NULL;
	char text[256];
	int status;

	if (!memory)
		return no_memory(machines);
	status = ioasim_unit_create(&machine->unit, memory, &unit, &why);
	ioasim_unit_destroy(unit);
	ioasim_memory_destroy(memory);
	if (status == 0)
		return 0;
	snprintf(text, sizeof(text), "the unit cannot be built: %s", why ? why : strerror(-status));
	return refuse(machines, point, text);
}

static int digest_trace(struct sweep_machines *machines, unsigned __int128 *digest)
{
	const char *path = machines->plan->trace_path;
	FILE *file = fopen(path, "rb");
	unsigned char buffer[1 << 16];
	uint64_t bytes = 0;
	uLong crc = crc32(0, NULL, 0);
	size_t n;
	bool bad = !file;

	while (file && (n = fread(buffer, 1, sizeof(buffer), file)) > 0) {
		crc = crc32(crc, buffer, (uInt)n);
		bytes += n;
	}
	bad = bad || ferror(file);
	if (bad)
		message_error(machines->message, &(struct position){.file = path}, "%s",
			      strerror(errno));
	if (file)
		fclose(file);
	digest_add(digest, machines->plan->trace);
	digest_add_number(digest, bytes);
	digest_add_number(digest, crc);
	return bad ? CMD_INPUT : 0;
}

/* As written, since results tell them so. */
static void digest_settings(const struct sweep_plan *plan, size_t point, unsigned __int128 *digest)
{
	const struct sweep_setting *settings[SWEEP_KEYS];
	size_t count = sweep_plan_point(plan, point, settings);

	for (size_t i = 0; i < count; i++) {
		digest_add(digest, settings[i]->key);
		digest_add(digest, settings[i]->value);
	}
}

int sweep_identity(struct sweep_machines *machines, char identity[SWEEP_IDENTITY])
{
	const struct sweep_plan *plan = machines->plan;
	unsigned __int128 digest = digest_begin();
	struct sweep_digest one;
	struct sweep_point point;
	int status;

	digest_add(&digest, ioasim_version());
	digest_add(&digest, plan->name);
	digest_add(&digest, plan->check ? "check" : "no check");
	status = digest_trace(machines, &digest);
	for (size_t i = 0; status == 0 && i < plan->points; i++) {
		status = make(machines, i, &point);
		if (status == 0)
			status = try_unit(machines, i, &point.machine);
		if (status)
			break;
		digest_settings(plan, i, &digest);
		one = digest_machine(&point);
		digest_add_number(&digest, one.high);
		digest_add_number(&digest, one.low);
	}
	one = digest_end(digest);
	snprintf(identity, SWEEP_IDENTITY, "%016" PRIx64 "%016" PRIx64, one.high, one.low);
	return status;
}
