/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a machine: one table says for each what it is called, how it is
 * written and where it lies. Setting, printing and the search for the nearest
 * right key go by this table.
 */
#include "machine.h"

#include "nearest.h"
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum key_type {
	KEY_NUMBER,
	KEY_SIZE, /* k, M, G; printed in hexadecimal */
	KEY_LG2, /* a size whose member is its logarithm; 0 is 0 */
	KEY_TIME, /* ns, us, ms, s; printed in nanoseconds */
	KEY_PICO, /* the same with fractions, whose member has picoseconds */
	KEY_HEX,
	KEY_TRUE, /* a truth value */
	KEY_FALSE, /* a truth value whose member says the opposite */
	KEY_WORD, /* index of a word */
};

struct key {
	const char *name;
	uint8_t type;
	uint8_t width; /* of the member, bytes */
	size_t offset;
	const char *const *words;
};

#define MEMBER(type, member) \
	.width = sizeof(((type *)NULL)->member), .offset = offsetof(type, member)

#define EVENTS(member) MEMBER(struct machine, timing.events.member)

static const char *const invalidation_words[] = {
	[DRIVER_STRICT] = "strict", [DRIVER_LAZY] = "lazy", NULL};
static const char *const replacement_words[] = {[IOASIM_POLICY_LRU] = "lru",
						[IOASIM_POLICY_PLRU] = "plru",
						[IOASIM_POLICY_FIFO] = "fifo",
						[IOASIM_POLICY_RANDOM] = "random",
						NULL};
static const char *const model_words[] = {
	[MACHINE_SERIAL] = "serial", [MACHINE_EVENTS] = "events", NULL};
static const char *const arrival_words[] = {
	[TIMING_TRACE] = "trace", [TIMING_CLOSED] = "closed", NULL};
static const char *const wait_words[] = {
	[TIMING_POLL] = "poll", [TIMING_INTERRUPT] = "interrupt", NULL};
/* By the member stage1. */
static const char *const stage_words[] = {"2", "1", NULL};

static const struct key machine_keys[] = {
	{"driver.policy", KEY_WORD, MEMBER(struct machine, driver.policy), invalidation_words},
	{"driver.deadline_ns", KEY_TIME, MEMBER(struct machine, driver.lazy_deadline_ns)},
	{"driver.threshold", KEY_NUMBER, MEMBER(struct machine, driver.lazy_threshold)},
	{"driver.large_pages", KEY_FALSE, MEMBER(struct machine, driver.no_large_pages)},
	{"driver.drop_pointers", KEY_TRUE, MEMBER(struct machine, driver.drop_pointers)},
	{"driver.granule", KEY_LG2, MEMBER(struct machine, driver.granule_lg2)},
	{"driver.stage", KEY_WORD, MEMBER(struct machine, driver.stage1), stage_words},
	{"driver.legacy", KEY_TRUE, MEMBER(struct machine, driver.legacy)},
	{"driver.pool_base", KEY_SIZE, MEMBER(struct machine, driver.pool_base)},
	{"driver.pool_size", KEY_SIZE, MEMBER(struct machine, driver.pool_size)},
	{"timing.model", KEY_WORD, MEMBER(struct machine, timing.model), model_words},
	{"timing.memory_ns", KEY_PICO, EVENTS(reference_ps)},
	{"timing.command_ns", KEY_PICO, MEMBER(struct machine, timing.command_ps)},
	{"timing.request.arrival", KEY_WORD, EVENTS(arrival), arrival_words},
	{"timing.request.outstanding", KEY_NUMBER, EVENTS(outstanding)},
	{"timing.request.in_order", KEY_TRUE, EVENTS(in_order)},
	{"timing.request.issue_ns", KEY_PICO, EVENTS(issue_ps)},
	{"timing.request.base_ns", KEY_PICO, EVENTS(base_ps)},
	{"timing.walk.walkers", KEY_NUMBER, EVENTS(walkers)},
	{"timing.walk.pending", KEY_NUMBER, EVENTS(pending)},
	{"timing.walk.merge", KEY_TRUE, EVENTS(merge)},
	{"timing.walk.start_ns", KEY_PICO, EVENTS(walk_ps)},
	{"timing.walk.miss_ns", KEY_PICO, EVENTS(miss_ps)},
	{"timing.command.doorbell_ns", KEY_PICO, EVENTS(doorbell_ps)},
	{"timing.command.fetch_ns", KEY_PICO, EVENTS(fetch_ps)},
	{"timing.command.execute_ns", KEY_PICO, EVENTS(execute_ps)},
	{"timing.command.removed_ns", KEY_PICO, EVENTS(removed_ps)},
	{"timing.command.drain", KEY_TRUE, EVENTS(drain)},
	{"timing.command.drain_blocks", KEY_TRUE, EVENTS(drain_blocks)},
	{"timing.command.wait", KEY_WORD, EVENTS(wait), wait_words},
	{"timing.command.poll_ns", KEY_PICO, EVENTS(poll_ps)},
	{"timing.command.interrupt_ns", KEY_PICO, EVENTS(interrupt_ps)},
	{"timing.device.ats_ns", KEY_PICO, EVENTS(ats_ps)},
	{"timing.device.atc_ns", KEY_PICO, EVENTS(atc_ps)},
	{"timing.device.page_request_ns", KEY_PICO, EVENTS(page_request_ps)},
	{"timing.software.processors", KEY_NUMBER, EVENTS(processors)},
	{"timing.software.map_ns", KEY_PICO, EVENTS(map_ps)},
	{"timing.software.unmap_ns", KEY_PICO, EVENTS(unmap_ps)},
	{"timing.memory_cache.hit_ns", KEY_PICO, EVENTS(line_hit_ps)},
};
static const struct key cache_keys[] = {
	{"entries", KEY_NUMBER, MEMBER(struct ioasim_cache_geometry, entries)},
	{"ways", KEY_NUMBER, MEMBER(struct ioasim_cache_geometry, ways)},
	{"policy", KEY_WORD, MEMBER(struct ioasim_cache_geometry, policy), replacement_words},
	{"seed", KEY_NUMBER, MEMBER(struct ioasim_cache_geometry, seed)},
};
static const struct key window_keys[] = {
	{"base", KEY_SIZE, MEMBER(struct machine_window, base)},
	{"size", KEY_SIZE, MEMBER(struct machine_window, size)},
};
static const struct key latency_key = {"latency_ns", KEY_PICO, sizeof(uint64_t), 0, NULL};
static const struct key capability_key = {"", KEY_HEX, sizeof(uint64_t), 0, NULL};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY_LENGTH   64 /* at least NS_TEXT */

/* ---- One key --------------------------------------------------------------- */

static uint64_t member_get(const struct key *key, const void *base)
{
	const unsigned char *p = (const unsigned char *)base + key->offset;
	uint64_t v64;
	uint32_t v32;

	switch (key->width) {
	case 1:
		return *p;
	case 4:
		memcpy(&v32, p, sizeof(v32));
		return v32;
	default:
		memcpy(&v64, p, sizeof(v64));
		return v64;
	}
}

static void member_put(const struct key *key, void *base, uint64_t value)
{
	unsigned char *p = (unsigned char *)base + key->offset;
	uint32_t v32 = (uint32_t)value;

	switch (key->width) {
	case 1:
		*p = (unsigned char)value;
		break;
	case 4:
		memcpy(p, &v32, sizeof(v32));
		break;
	default:
		memcpy(p, &value, sizeof(value));
	}
}

static bool parse_truth(const char *text, uint64_t *value)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

	for (unsigned i = 0; i < COUNT(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*value = i & 1;
			return true;
		}
	return false;
}

static bool parse_word(const char *text, const char *const *words, uint64_t *value)
{
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0) {
			*value = i;
			return true;
		}
	return false;
}

static const char *expected(const struct key *key, char *buffer, size_t size)
{
	static const char *const texts[] = {
		[KEY_NUMBER] = "a number",
		[KEY_SIZE] = "a size such as 4k or 0x1000",
		[KEY_LG2] = "a power of two such as 16k, or 0",
		[KEY_TIME] = "a time such as 100ns or 10ms",
		[KEY_PICO] = "a time such as 72.25ns or 1us, of at most 1000s",
		[KEY_HEX] = "a number such as 0xf0",
		[KEY_TRUE] = "true or false",
		[KEY_FALSE] = "true or false",
	};
	size_t used = 0;

	if (key->type != KEY_WORD)
		return texts[key->type];
	buffer[0] = '\0';
	for (unsigned i = 0; key->words[i] && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s",
					 !i                  ? ""
					 : key->words[i + 1] ? ", "
							     : " or ",
					 key->words[i]);
	return buffer;
}

static int key_put(const struct key *key, void *base, const char *text, char why[MACHINE_WHY_SIZE])
{
	char buffer[80];
	uint64_t value = 0;
	bool good = false;

	switch ((enum key_type)key->type) {
	case KEY_NUMBER:
	case KEY_HEX:
		good = parse_number(text, &value) == 0;
		break;
	case KEY_SIZE:
		good = parse_size(text, &value) == 0;
		break;
	case KEY_LG2:
		good = parse_size(text, &value) == 0 && !(value & (value - 1)) && value != 1;
		value = value ? (uint64_t)__builtin_ctzll(value) : 0;
		break;
	case KEY_TIME:
		good = parse_time(text, &value) == 0;
		break;
	case KEY_PICO:
		good = parse_picoseconds(text, &value) == 0 && value <= TIMING_PARAMETER_PS;
		break;
	case KEY_TRUE:
	case KEY_FALSE:
		good = parse_truth(text, &value);
		value ^= key->type == KEY_FALSE;
		break;
	case KEY_WORD:
		good = parse_word(text, key->words, &value);
		break;
	}
	if (good && key->width == 4 && value > UINT32_MAX)
		good = false;
	if (!good) {
		snprintf(why, MACHINE_WHY_SIZE, "'%.64s' is not what was expected: %s%s", text,
			 expected(key, buffer, sizeof(buffer)),
			 key->width == 4 ? " of at most 32 bits" : "");
		return -EINVAL;
	}
	member_put(key, base, value);
	return 0;
}

static void key_print(const struct key *key, const void *base, char text[KEY_LENGTH],
		      enum machine_value *kind)
{
	uint64_t value = member_get(key, base);

	if (key->type == KEY_LG2 && value)
		value = UINT64_C(1) << value;
	switch ((enum key_type)key->type) {
	case KEY_NUMBER:
	case KEY_TIME:
		snprintf(text, KEY_LENGTH, "%" PRIu64, value);
		*kind = MACHINE_NUMBER;
		break;
	case KEY_PICO:
		(void)format_ns(value, text);
		*kind = MACHINE_TIME;
		break;
	case KEY_SIZE:
	case KEY_LG2:
	case KEY_HEX:
		snprintf(text, KEY_LENGTH, "0x%" PRIx64, value);
		*kind = MACHINE_TEXT;
		break;
	case KEY_TRUE:
	case KEY_FALSE:
		value ^= key->type == KEY_FALSE;
		snprintf(text, KEY_LENGTH, "%s", value ? "true" : "false");
		*kind = MACHINE_TRUTH;
		break;
	case KEY_WORD:
		snprintf(text, KEY_LENGTH, "%s", key->words[value]);
		*kind = MACHINE_TEXT;
		break;
	}
}

/* ---- All keys --------------------------------------------------------------- */

/* What is done with every key: `key` describes the member, `base` holds it. False
 * ends the round. */
typedef bool each_fn(void *opaque, const char *name, const struct key *key, void *base);

static bool each_of(each_fn *fn, void *opaque, const char *prefix, const struct key *keys,
		    size_t count, void *base)
{
	char name[2 * KEY_LENGTH];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%s", prefix, keys[i].name);
		if (!fn(opaque, name, &keys[i], base))
			return false;
	}
	return true;
}

/* Windows of size 0 are named only if `unused`: they can be set, but are nothing
 * to print. */
static void each_key(struct machine *machine, bool unused, each_fn *fn, void *opaque)
{
	struct ioasim_unit_config *unit = &machine->unit;
	char prefix[KEY_LENGTH];
	const char *name;

	for (unsigned i = 0; (name = ioasim_capability_name(unit->arch, i)); i++) {
		snprintf(prefix, sizeof(prefix), "capabilities.%s", name);
		if (!each_of(fn, opaque, prefix, &capability_key, 1, &unit->capability[i]))
			return;
	}
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		if (!machine->arch->cache[i].present)
			continue;
		snprintf(prefix, sizeof(prefix), "caches.%s.", ioasim_cache_name(i));
		if (!each_of(fn, opaque, prefix, cache_keys, COUNT(cache_keys), &unit->cache[i]) ||
		    !each_of(fn, opaque, prefix, &latency_key, 1,
			     &machine->timing.events.lookup_ps[i]))
			return;
	}
	for (unsigned i = 0; i < MACHINE_WINDOWS; i++) {
		if (!unused && !machine->window[i].size)
			continue;
		snprintf(prefix, sizeof(prefix), "memory.%u.", i);
		if (!each_of(fn, opaque, prefix, window_keys, COUNT(window_keys),
			     &machine->window[i]))
			return;
	}
	if (each_of(fn, opaque, "", machine_keys, COUNT(machine_keys), machine))
		each_of(fn, opaque, "timing.memory_cache.", cache_keys, COUNT(cache_keys),
			&machine->timing.events.lines);
}

struct finding {
	const char *wanted;
	const struct key *key;
	void *base;
	struct nearest near;
	char best[2 * KEY_LENGTH];
};

static bool find_one(void *opaque, const char *name, const struct key *key, void *base)
{
	struct finding *finding = opaque;

	if (strcmp(name, finding->wanted) == 0) {
		finding->key = key;
		finding->base = base;
		return false;
	}
	nearest_offer(&finding->near, name);
	if (finding->near.best == name) {
		memcpy(finding->best, name, strlen(name) + 1);
		finding->near.best = finding->best;
	}
	return true;
}

/* `caches: off` and `caches.NAME: off`. True: the key was one of these. */
static bool set_cache_off(struct machine *machine, const char *key, const char *value, int *status,
			  char why[MACHINE_WHY_SIZE])
{
	bool all = strcmp(key, "caches") == 0;
	bool found = all;
	bool off = strcmp(value, "off") == 0;

	if (!all && strncmp(key, "caches.", 7) != 0)
		return false;
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		if (!machine->arch->cache[i].present ||
		    (!all && strcmp(key + 7, ioasim_cache_name(i)) != 0))
			continue;
		found = true;
		if (off)
			machine->unit.cache[i].entries = 0;
	}
	if (!found)
		return false;
	if (!off)
		snprintf(why, MACHINE_WHY_SIZE, "'%.64s' is not what was expected: off, or a map",
			 value);
	*status = off ? 0 : -EINVAL;
	return true;
}

int machine_set(struct machine *machine, const char *key, const char *value,
		char why[MACHINE_WHY_SIZE])
{
	struct finding finding = {.wanted = key, .near = nearest_to(key)};
	char hint[NEAREST_HINT_SIZE];
	int status;

	if (set_cache_off(machine, key, value, &status, why))
		return status;
	each_key(machine, true, find_one, &finding);
	if (!finding.key) {
		snprintf(why, MACHINE_WHY_SIZE, "unknown key '%.64s'%s", key,
			 nearest_hint(&finding.near, hint));
		return -ENOENT;
	}
	return key_put(finding.key, finding.base, value, why);
}

struct visiting {
	machine_visit_fn *visit;
	void *opaque;
};

static bool visit_one(void *opaque, const char *name, const struct key *key, void *base)
{
	const struct visiting *visiting = opaque;
	enum machine_value kind = MACHINE_TEXT;
	char text[KEY_LENGTH];

	key_print(key, base, text, &kind);
	visiting->visit(visiting->opaque, name, text, kind);
	return true;
}

void machine_visit(const struct machine *machine, machine_visit_fn *visit, void *opaque)
{
	struct visiting visiting = {.visit = visit, .opaque = opaque};
	struct machine copy = *machine;

	visit(opaque, "arch", machine->arch->name, MACHINE_TEXT);
	each_key(&copy, false, visit_one, &visiting);
}
