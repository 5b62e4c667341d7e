/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The finer counts of a replay: by PASID and page, what commands removed, windows between
 * an unmap and the end of its invalidation. Every number is counted by hand from the
 * trace above it. That the counts agree among each other is checked by every replay.
 */
#include "model/counters.h"
#include "model/driver.h"
#include "replay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const arches[] = {"vtd", "amdvi", "smmuv3"};
#define ARCHES (sizeof(arches) / sizeof(arches[0]))

#define HEAD                            \
	"ioasim-trace 1\n"              \
	"levels driver\n"               \
	"domain domain=1 kind=kernel\n" \
	"device rid=00:05.0\n"          \
	"device rid=00:06.0\n"          \
	"attach rid=00:05.0 domain=1\n"

/* Of an architecture, what its commands of this class did. */
static struct ioasim_command_removal removed_by(const struct trial *t, const char *part,
						uint64_t *commands)
{
	struct ioasim_command_removal sum = {0};

	*commands = 0;
	for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
		const char *name = ioasim_command_name(t->machine.arch->name, type);
		const struct ioasim_command_removal *r = &t->result.counters.removed[type];

		if (!name || !strstr(name, part))
			continue;
		*commands += t->result.counters.commands[type];
		sum.entries += r->entries;
		sum.none += r->none;
		if (r->max > sum.max)
			sum.max = r->max;
	}
	return sum;
}

/* ---- What commands removed -------------------------------------------------------- */

/*
 * Four pages that cannot be one, three of them used: an unmap of a used page removes one
 * entry, one of the fourth page none, and one of two pages both. Caches of pointers are
 * off, so that these are all.
 */
static void a_command_is_charged_with_what_it_removed(void **state)
{
	static const char text[] =
		HEAD "map domain=1 iova=0x40000000 length=0x1000 pa=0x5000000 access=rw\n"
		     "map domain=1 iova=0x40001000 length=0x1000 pa=0x5007000 access=rw\n"
		     "map domain=1 iova=0x40002000 length=0x1000 pa=0x5003000 access=rw\n"
		     "map domain=1 iova=0x40003000 length=0x1000 pa=0x5005000 access=rw\n"
		     "dma rid=00:05.0 iova=0x40000000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x40001000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x40002000 length=16 access=r\n"
		     "unmap domain=1 iova=0x40000000 length=0x1000\n"
		     "unmap domain=1 iova=0x40003000 length=0x1000\n"
		     "unmap domain=1 iova=0x40001000 length=0x2000\n";
	static const char *const sets[] = {"caches.stage1_walk.entries=0",
					   "caches.stage2_walk.entries=0",
					   "caches.stage2_tlb.entries=0", NULL};
	static const char *const names[ARCHES] = {"iotlb-page", "pages", "tlbi"};

	(void)state;
	for (unsigned i = 0; i < ARCHES; i++) {
		struct ioasim_command_removal removed;
		uint64_t commands;
		struct trial t;

		trial_replay(
			&t, text,
			&(struct trial_options){.arch = arches[i], .sets = sets, .driver = true});
		assert_int_equal(t.status, 0);
		removed = removed_by(&t, names[i], &commands);
		assert_int_equal(removed.entries, 3);
		assert_int_equal(t.result.counters.cache[IOASIM_CACHE_IOTLB].invalidated, 3);
		assert_int_equal(removed.max, 2);
		assert_true(removed.none < commands);
		assert_true(removed.none >= 1);
		/* A wait removes nothing. */
		removed = removed_by(&t, strcmp(arches[i], "smmuv3") == 0 ? "sync" : "wait",
				     &commands);
		assert_true(commands >= 3);
		assert_int_equal(removed.entries, 0);
		assert_int_equal(removed.none, commands);
		trial_done(&t);
	}
}

/* 11.4.4.1: turning translation off empties the caches of units with scalable mode. */
static void what_a_register_removed_is_no_commands_doing(void **state)
{
	const struct driver_config config = {.pool_base = 0x100000, .pool_size = 0x100000};
	const struct driver_device device = {.requester_id = 0x28};
	const struct ioasim_arch *arch = arch_find("vtd");
	const struct ioasim_request request = {
		.requester_id = 0x28, .address = 0x40000000, .length = 4, .access = IOASIM_READ};
	const struct domain_config kind = {.kind = DOMAIN_KERNEL};
	const struct ioasim_counters *counters;
	struct ioasim_unit_config unit_config;
	struct ioasim_command_removal before[IOASIM_COMMAND_TYPES];
	struct ioasim_memory *memory;
	struct ioasim_response response;
	struct ioasim_unit *unit;
	struct driver *driver;
	struct domain *domain;
	uint64_t live = 0, status;

	(void)state;
	memory = ioasim_memory_create();
	assert_non_null(memory);
	assert_int_equal(ioasim_memory_add_ram(memory, 0, 0x400000), 0);
	assert_int_equal(ioasim_unit_config_init(&unit_config, "vtd"), 0);
	assert_int_equal(ioasim_unit_create(&unit_config, memory, &unit, NULL), 0);
	assert_int_equal(arch->driver->create(unit, memory, &config, &driver), 0);
	assert_int_equal(arch->driver->device_add(driver, &device), 0);
	assert_int_equal(arch->driver->domain_create(driver, &kind, &domain), 0);
	assert_int_equal(
		arch->driver->map(driver, domain, 0x40000000, 0x200000, 0x1000, IOASIM_READ), 0);
	assert_int_equal(arch->driver->attach(driver, 0x28, DRIVER_NO_PASID, domain), 0);
	ioasim_translate(unit, &request, &response);
	assert_int_equal(response.outcome, IOASIM_OK);
	counters = ioasim_unit_counters(unit);
	memcpy(before, counters->removed, sizeof(before));
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		live += ioasim_unit_cache_live(unit, (enum ioasim_cache)i);
	assert_true(live >= 3); /* context, PASID or pointers, translation */

	assert_int_equal(ioasim_mmio_read(unit, 0x1c, 4, &status), 0);
	assert_int_equal(ioasim_mmio_write(unit, 0x18, 4, status & 0x16000000), 0);
	assert_int_equal(counters->removed_otherwise, live);
	assert_memory_equal(before, counters->removed, sizeof(before));
	assert_null(counters_check(unit));
	arch->driver->destroy(driver);
	assert_null(counters_check(unit));
	assert_int_equal(counters->removed_otherwise, live);
	ioasim_unit_destroy(unit);
	ioasim_memory_destroy(memory);
}

/* ---- By PASID and page ------------------------------------------------------------- */

/* Requests with a PASID that nobody attached are refused, and counted all the same. */
static void accesses_are_counted_by_pasid(void **state)
{
	static const char text[] =
		HEAD "map domain=1 iova=0x40000000 length=0x4000 pa=0x5000000 access=rw\n"
		     "dma rid=00:05.0 iova=0x40000000 length=16 access=r\n"
		     "dma rid=00:05.0 pasid=7 iova=0x40001000 length=16 access=r\n"
		     "dma rid=00:06.0 iova=0x40001000 length=16 access=r\n"
		     "dma rid=00:05.0 pasid=3 iova=0x40001000 length=16 access=r\n"
		     "dma rid=00:05.0 pasid=7 iova=0x40001000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x40000000 length=8 access=r\n";
	static const struct {
		uint32_t rid, pasid;
		uint64_t count, ok, bytes;
	} rows[] = {
		{0x28, TRACE_NO_PASID, 2, 2, 24},
		{0x28, 3, 1, 0, 0},
		{0x28, 7, 2, 0, 0},
		{0x30, TRACE_NO_PASID, 1, 0, 0},
	};

	(void)state;
	for (unsigned i = 0; i < ARCHES; i++) {
		struct trial t;

		trial_replay(&t, text, &(struct trial_options){.arch = arches[i], .driver = true});
		assert_int_equal(t.result.routes, 4);
		for (unsigned n = 0; n < 4; n++) {
			const struct result_requester *route = &t.result.route[n];

			assert_int_equal(route->rid, rows[n].rid);
			assert_int_equal(route->pasid, rows[n].pasid);
			assert_int_equal(route->count, rows[n].count);
			assert_int_equal(route->ok, rows[n].ok);
			assert_int_equal(route->faulted, rows[n].count - rows[n].ok);
			assert_int_equal(route->bytes, rows[n].bytes);
		}
		assert_int_equal(t.result.requesters, 2);
		assert_int_equal(t.result.requester[0].count, 5);
		assert_int_equal(t.result.requester[0].ok, 2);
		trial_done(&t);
	}
}

/* by_pasid stands where a requester has used a PASID, requests without one first. */
static void only_users_of_pasids_are_listed_by_pasid(void **state)
{
	static const char text[] =
		HEAD "dma rid=00:05.0 pasid=3 iova=0x40001000 length=16 access=r\n"
		     "dma rid=00:06.0 iova=0x40001000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x40001000 length=16 access=r\n";
	const json_t *requesters, *list;
	struct trial t;
	json_t *json;

	(void)state;
	trial_replay(&t, text, &(struct trial_options){.arch = "vtd", .driver = true});
	json = result_json(&t.result);
	assert_non_null(json);
	requesters = json_object_get(json, "requesters");
	assert_null(json_object_get(json_object_get(requesters, "0x30"), "by_pasid"));
	list = json_object_get(json_object_get(requesters, "0x28"), "by_pasid");
	assert_int_equal(json_array_size(list), 2);
	assert_true(json_is_null(json_object_get(json_array_get(list, 0), "pasid")));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "pasid")), 3);
	json_decref(json);
	trial_done(&t);
}

/*
 * A page of 2 MiB and one of 4 KiB, each used twice. Without caches of pointers a walk on
 * x86 reads three entries down to the one, four to the other; the first access of all
 * reads root and context besides on vtd, a device table entry on amdvi.
 */
static void accesses_are_counted_by_page(void **state)
{
	static const char text[] =
		HEAD "map domain=1 iova=0x40000000 length=0x200000 pa=0x6000000 access=rw\n"
		     "map domain=1 iova=0x50000000 length=0x1000 pa=0x5000000 access=rw\n"
		     "dma rid=00:05.0 iova=0x40000000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x40080000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x50000000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x50000800 length=16 access=r\n";
	static const char *const sets[] = {"caches.stage1_walk.entries=0",
					   "caches.stage2_walk.entries=0", NULL};
	const struct result *r;
	struct trial t;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		trial_replay(
			&t, text,
			&(struct trial_options){.arch = arches[i], .sets = sets, .driver = true});
		r = &t.result;
		assert_int_equal(r->sizes[21], 2);
		assert_int_equal(r->size_misses[21], 1);
		assert_int_equal(r->sizes[12], 2);
		assert_int_equal(r->size_misses[12], 1);
		assert_int_equal(r->size_references[12] + r->size_references[21],
				 result_references(r, IOASIM_REF_STAGE2) +
					 result_references(r, IOASIM_REF_DEVICE_TABLE) +
					 result_references(r, IOASIM_REF_PASID_TABLE));
		/* Of four levels at least; amdvi makes tables as high as it needs. */
		assert_int_equal(r->counters.iotlb_hits[21], 1);
		assert_int_equal(r->counters.iotlb_hits[12], 1);
		assert_int_equal(r->counters.refs[IOASIM_REF_STAGE2][0], 1);
		assert_int_equal(r->counters.refs[IOASIM_REF_STAGE2][1], 2);
		trial_done(&t);
	}
}

/* ---- Windows ----------------------------------------------------------------------- */

#define LAZY "driver.policy=lazy", "driver.deadline_ns=1ms"

/*
 * Two unmaps 100 us apart wait for the deadline of the first, 1 ms: windows of 1 ms and
 * 0.9 ms. Accesses of 00:05.0 are in them: three in the first, one in the second; that of
 * a device which is not attached is not. One more unmap is still open at the end.
 */
static void a_window_has_a_length_and_accesses(void **state)
{
	static const char text[] =
		HEAD "map domain=1 iova=0x40000000 length=0x4000 pa=0x5000000 access=rw\n"
		     "@1ms\n"
		     "unmap domain=1 iova=0x40000000 length=0x1000\n"
		     "dma rid=00:05.0 iova=0x40003000 length=16 access=r\n"
		     "dma rid=00:05.0 iova=0x40003000 length=16 access=r\n"
		     "@1100us\n"
		     "unmap domain=1 iova=0x40001000 length=0x1000\n"
		     "dma rid=00:05.0 iova=0x40003000 length=16 access=r\n"
		     "dma rid=00:06.0 iova=0x40003000 length=16 access=r\n"
		     "@5ms\n"
		     "dma rid=00:05.0 iova=0x40003000 length=16 access=r\n"
		     "unmap domain=1 iova=0x40002000 length=0x1000\n"
		     "unmap domain=1 iova=0x60002000 length=0x1000\n";
	static const char *const sets[] = {LAZY, NULL};

	(void)state;
	for (unsigned i = 0; i < ARCHES; i++) {
		const struct result_windows *w;
		struct trial t;

		trial_replay(
			&t, text,
			&(struct trial_options){.arch = arches[i], .sets = sets, .driver = true});
		w = &t.result.windows;
		assert_int_equal(w->length.count, 2);
		assert_int_equal(w->length.total, 1900000);
		assert_int_equal(w->length.max, 1000000);
		assert_int_equal(w->accesses.count, 2);
		assert_int_equal(w->accesses.total, 4);
		assert_int_equal(w->accesses.max, 3);
		assert_int_equal(w->open, 1);
		trial_done(&t);
	}
}

/* A flush by number, by the trace, for a map, and the end of the domain. */
static void a_window_ends_with_its_flush(void **state)
{
	static const struct {
		const char *tail;
		uint64_t count, total;
	} rows[] = {
		/* The second unmap of two that may wait flushes both, at once. */
		{"@300us\nunmap domain=1 iova=0x40001000 length=0x1000\n", 2, 300000},
		{"@400us\nsync\n", 1, 400000},
		{"@500us\ndetach rid=00:05.0\ndomain_free domain=1\n", 1, 500000},
		/* Reuse of the address flushes first. */
		{"@600us\nmap domain=1 iova=0x40000000 length=0x1000 pa=0x7000000 access=r\n", 1,
		 600000},
		{"@700us\n", 0, 0},
	};
	static const char *const sets[] = {LAZY, "driver.threshold=2", NULL};
	char text[1024];
	struct trial t;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned arch = 0; arch < ARCHES; arch++) {
			snprintf(text, sizeof(text),
				 HEAD "map domain=1 iova=0x40000000 length=0x4000 pa=0x5000000 "
				      "access=rw\n"
				      "dma rid=00:05.0 iova=0x40003000 length=16 access=r\n"
				      "unmap domain=1 iova=0x40000000 length=0x1000\n%s",
				 rows[i].tail);
			trial_replay(&t, text,
				     &(struct trial_options){
					     .arch = arches[arch], .sets = sets, .driver = true});
			assert_int_equal(t.status, 0);
			assert_int_equal(t.result.windows.length.count, rows[i].count);
			assert_int_equal(t.result.windows.length.total, rows[i].total);
			assert_int_equal(t.result.windows.open, rows[i].count ? 0 : 1);
			trial_done(&t);
		}
	}
}

/* Strict: as many windows as unmaps that took something away, all empty. */
static void strict_windows_are_empty(void **state)
{
	static const char text[] =
		HEAD "map domain=1 iova=0x40000000 length=0x4000 pa=0x5000000 access=rw\n"
		     "@1ms\n"
		     "unmap domain=1 iova=0x40000000 length=0x1000\n"
		     "dma rid=00:05.0 iova=0x40003000 length=16 access=r\n"
		     "@2ms\n"
		     "unmap domain=1 iova=0x40000000 length=0x1000\n"
		     "unmap domain=1 iova=0x40000000 length=0x4000\n";

	(void)state;
	for (unsigned i = 0; i < ARCHES; i++) {
		struct trial t;

		trial_replay(&t, text, &(struct trial_options){.arch = arches[i], .driver = true});
		assert_int_equal(t.result.windows.length.count, 2);
		assert_int_equal(t.result.windows.length.bucket[0], 2);
		assert_int_equal(t.result.windows.accesses.bucket[0], 2);
		assert_int_equal(t.result.windows.open, 0);
		trial_done(&t);
	}
}

/* ---- The checker of the counts ------------------------------------------------------- */

/* It finds each count that is off by one. */
static void a_count_that_is_wrong_contradicts_another(void **state)
{
	static const char text[] =
		HEAD "map domain=1 iova=0x40000000 length=0x4000 pa=0x5000000 access=rw\n"
		     "dma rid=00:05.0 iova=0x40000000 length=16 access=r\n"
		     "unmap domain=1 iova=0x40000000 length=0x1000\n"
		     "dma rid=00:05.0 iova=0x40000000 length=16 access=r\n";
	struct trial t;
	uint64_t *const counts[] = {
		&t.result.sizes[12],
		&t.result.size_misses[30],
		&t.result.size_references[12],
		&t.result.counters.requests[0],
		&t.result.counters.waits,
		&t.result.counters.cache[IOASIM_CACHE_IOTLB].evictions,
		&t.result.counters.cache[IOASIM_CACHE_DEVICE].invalidated,
		&t.result.windows.length.count,
		&t.result.windows.open,
		&t.result.recorded.compared,
		&t.result.commands.matched,
		&t.result.ats_answered,
		&t.result.rules.unjudged,
	};

	(void)state;
	trial_replay(&t, text, &(struct trial_options){.arch = "vtd", .driver = true});
	assert_null(result_check(&t.result));
	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		*counts[i] += 1000;
		assert_non_null(result_check(&t.result));
		*counts[i] -= 1000;
	}
	t.result.requester[0].ok++;
	assert_non_null(result_check(&t.result));
	t.result.requester[0].ok--;
	t.result.route[0].bytes++;
	assert_non_null(result_check(&t.result));
	t.result.route[0].bytes--;
	t.result.contradiction = "as the unit found";
	assert_non_null(result_check(&t.result));
	trial_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_charged_with_what_it_removed),
		cmocka_unit_test(what_a_register_removed_is_no_commands_doing),
		cmocka_unit_test(accesses_are_counted_by_pasid),
		cmocka_unit_test(only_users_of_pasids_are_listed_by_pasid),
		cmocka_unit_test(accesses_are_counted_by_page),
		cmocka_unit_test(a_window_has_a_length_and_accesses),
		cmocka_unit_test(a_window_ends_with_its_flush),
		cmocka_unit_test(strict_windows_are_empty),
		cmocka_unit_test(a_count_that_is_wrong_contradicts_another),
	};

	return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
