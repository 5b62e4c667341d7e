/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timing model where the answer is known otherwise: sums by hand, bounds of closed
 * loops, the waiting time of M/D/1 queues, and a published measurement.
 */
#include "model/timing.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NS 1000u

static uint64_t random_state = 88172645463325252u;

/* In [0, 1). */
static double uniform(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double)(random_state >> 11) / 9007199254740992.0;
}

/* One walker, nothing else takes time but what a test gives. */
static struct timing_config plain(void)
{
	return (struct timing_config){.walkers = 1, .pending = 64, .merge = true, .processors = 1};
}

static struct timing *make(const struct timing_config *config)
{
	struct timing *timing;
	const char *why;

	assert_int_equal(timing_create(config, &timing, &why), 0);
	assert_int_equal(timing_source(timing), 0);
	assert_int_equal(timing_source(timing), 1);
	return timing;
}

static struct timing_span ask(struct timing *timing, uint64_t arrival, unsigned references,
			      uint64_t page)
{
	struct timing_span span;

	timing_request(timing,
		       &(struct timing_request){.arrival_ps = arrival,
						.lookups = 1u << IOASIM_CACHE_IOTLB,
						.references = references,
						.page = page},
		       &span);
	return span;
}

/* Millions a second. */
static double rate(const struct timing *timing)
{
	return (double)timing_stats(timing)->requests * 1e6 / (double)timing_stats(timing)->end_ps;
}

/* ---- Requests ------------------------------------------------------------------- */

static void a_request_takes_the_sum_of_its_parts(void **state)
{
	struct timing_config config = plain();
	struct timing *timing;
	struct timing_span span;

	(void)state;
	config.lookup_ps[IOASIM_CACHE_IOTLB] = 2 * NS;
	config.lookup_ps[IOASIM_CACHE_DEVICE] = 3 * NS;
	config.reference_ps = 70 * NS;
	config.walk_ps = 10 * NS;
	config.miss_ps = 5 * NS;
	config.base_ps = 487500;
	timing = make(&config);
	span = ask(timing, 1000 * NS, 4, 1);
	assert_int_equal(span.looked_up, 1002 * NS);
	assert_int_equal(span.walk_end, (1002 + 10 + 4 * 70) * NS);
	assert_int_equal(span.translated, (1002 + 10 + 280 + 5) * NS);
	assert_int_equal(span.done, (1002 + 10 + 280 + 5) * NS + 487500);
	assert_int_equal(timing_stats(timing)->part[TIMING_MEMORY], 295 * NS);
	assert_int_equal(timing_stats(timing)->walker_ps, 290 * NS);
	timing_destroy(timing);
}

static void translation_requests_have_the_round_trip_on_top(void **state)
{
	struct timing_config config = plain();
	struct timing_span span;
	struct timing *timing;

	(void)state;
	config.ats_ps = 400 * NS;
	config.base_ps = 7 * NS;
	timing = make(&config);
	timing_request(timing, &(struct timing_request){.kind = IOASIM_TRANSLATION_REQUEST}, &span);
	assert_int_equal(span.done, 407 * NS);
	timing_request(timing, &(struct timing_request){.kind = IOASIM_TRANSLATED}, &span);
	assert_int_equal(span.done, 7 * NS);
	assert_int_equal(timing_stats(timing)->latency[TIMING_OF_ATS].total, 1);
	assert_int_equal(timing_stats(timing)->latency[TIMING_OF_TRANSLATION].total, 1);
	timing_destroy(timing);
}

static void walks_to_one_page_are_merged(void **state)
{
	struct timing_config config = plain();
	struct timing_span first, second, hit, later;
	struct timing *timing;

	(void)state;
	config.reference_ps = 100 * NS;
	timing = make(&config);
	first = ask(timing, 0, 1, 7);
	second = ask(timing, 40 * NS, 1, 7);
	/* Answered by the entry that the first walk will have filed. */
	hit = ask(timing, 60 * NS, 0, 7);
	later = ask(timing, 100 * NS, 0, 7);
	assert_int_equal(first.ready, 100 * NS);
	assert_true(second.merged);
	assert_int_equal(second.ready, 100 * NS);
	assert_int_equal(hit.ready, 100 * NS);
	assert_int_equal(later.ready, 100 * NS);
	assert_int_equal(timing_stats(timing)->walks, 1);
	assert_int_equal(timing_stats(timing)->merged, 1);
	assert_int_equal(timing_stats(timing)->hits_held, 1);
	assert_int_equal(timing_stats(timing)->references_saved, 1);
	timing_destroy(timing);
	config.merge = false;
	timing = make(&config);
	ask(timing, 0, 1, 7);
	assert_int_equal(ask(timing, 40 * NS, 1, 7).ready, 200 * NS);
	timing_destroy(timing);
}

static void look_ups_stand_still_where_no_walk_can_wait(void **state)
{
	struct timing_config config = plain();
	struct timing *timing;

	(void)state;
	config.pending = 2;
	config.reference_ps = 100 * NS;
	timing = make(&config);
	ask(timing, 0, 1, 1);
	assert_int_equal(ask(timing, 0, 1, 2).looked_up, 0);
	assert_int_equal(ask(timing, 0, 1, 3).walk_start, 200 * NS);
	/* A hit behind it. */
	assert_int_equal(ask(timing, 0, 0, 4).looked_up, 100 * NS);
	timing_destroy(timing);
}

static void requests_leave_in_order_of_their_source(void **state)
{
	struct timing_config config = plain();
	struct timing_span span;
	struct timing *timing;

	(void)state;
	config.reference_ps = 100 * NS;
	config.in_order = true;
	timing = make(&config);
	ask(timing, 0, 1, 1);
	assert_int_equal(ask(timing, 10 * NS, 0, 2).done, 100 * NS);
	timing_request(timing, &(struct timing_request){.arrival_ps = 10 * NS, .source = 1}, &span);
	assert_int_equal(span.done, 10 * NS);
	timing_destroy(timing);
	config.in_order = false;
	timing = make(&config);
	ask(timing, 0, 1, 1);
	assert_int_equal(ask(timing, 10 * NS, 0, 2).done, 10 * NS);
	timing_destroy(timing);
}

static void memory_has_a_cache_in_front(void **state)
{
	/* Two entries of one line, another line, the first again, and one that evicts. */
	static const ioasim_pa_t address[] = {0x1000, 0x1038, 0x2000, 0x1000, 0x3000, 0x2000};
	struct timing_config config = plain();
	struct timing_span span;
	struct timing *timing;

	(void)state;
	config.reference_ps = 100 * NS;
	config.line_hit_ps = 10 * NS;
	config.lines = (struct ioasim_cache_geometry){.entries = 2};
	timing = make(&config);
	timing_request(timing, &(struct timing_request){.references = 6, .address = address},
		       &span);
	assert_int_equal(timing_stats(timing)->line_hits, 2);
	assert_int_equal(timing_stats(timing)->line_misses, 4);
	assert_int_equal(span.walk_end - span.walk_start, 420 * NS);
	timing_destroy(timing);
}

/* ---- Rates ------------------------------------------------------------------------ */

static double closed_rate(const struct timing_config *config, unsigned references)
{
	struct timing *timing = make(config);
	double found;

	for (unsigned i = 0; i < 20000; i++)
		ask(timing, 0, references, i);
	found = rate(timing);
	assert_true(timing_stats(timing)->walker_ps <=
		    (unsigned __int128)timing_stats(timing)->end_ps * config->walkers);
	timing_destroy(timing);
	return found;
}

static void assert_near(double found, double wanted, double part)
{
	if (fabs(found - wanted) > wanted * part)
		fail_msg("found %g, expected %g", found, wanted);
}

/* N requests on their way for L each give N / L; the rate of entry and c walkers that need
 * W each bound it. */
static void closed_loops_meet_their_bounds(void **state)
{
	static const struct {
		unsigned outstanding, walkers, references;
		uint64_t issue_ps;
		double mps;
	} row[] = {
		{1, 1, 0, 0, 1e3 / 502},   {10, 1, 0, 0, 1e4 / 502}, {100, 1, 0, 20 * NS, 50},
		{1, 1, 4, 0, 1e3 / 902},   {8, 2, 4, 0, 2e3 / 400},  {100, 5, 4, 0, 5e3 / 400},
		{100, 16, 4, 40 * NS, 25}, {9, 16, 4, 0, 9e3 / 902},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct timing_config config = plain();

		config.arrival = TIMING_CLOSED;
		config.outstanding = row[i].outstanding;
		config.walkers = row[i].walkers;
		config.issue_ps = row[i].issue_ps;
		config.lookup_ps[IOASIM_CACHE_IOTLB] = 2 * NS;
		config.base_ps = 500 * NS;
		config.reference_ps = 100 * NS;
		config.in_order = i % 2;
		assert_near(closed_rate(&config, row[i].references), row[i].mps, 0.003);
	}
}

/* Poisson arrivals at a server with a fixed service time s: the mean wait is
 * rho s / (2 (1 - rho)) (Pollaczek and Khinchine). */
static void one_walker_is_an_mdl_queue(void **state)
{
	static const double loads[] = {0.3, 0.6, 0.8};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct timing_config config = plain();
		const double service = 100 * NS;
		struct timing *timing;
		double now = 0, wait;

		config.reference_ps = 100 * NS;
		config.pending = TIMING_PENDING;
		timing = make(&config);
		for (unsigned n = 0; n < 400000; n++) {
			now -= log(1 - uniform()) * service / loads[i];
			ask(timing, (uint64_t)now, 1, n);
		}
		wait = (double)timing_stats(timing)->part[TIMING_WALKER] / 400000;
		assert_near(wait, loads[i] * service / (2 * (1 - loads[i])), 0.03);
		timing_destroy(timing);
	}
}

/*
 * pcie-bench on a Xeon E5-2630v4 (Broadwell) with an IOMMU and 4 KiB pages, random reads of
 * 64 bytes: latency of one at a time, and millions of reads a second, by window. Numbers:
 * the pcie-bench data repository, nfp6000-1.2GHz_bdw-Xeon-E5-2630v4-dell-t430-s0-s0-s0-
 * iommu-nosp, bw_dma_win_sweep_rd_rnd_64.dat, cold cache. The IOTLB keeps 117 of the
 * window's pages.
 */
struct measured {
	unsigned pages;
	double mps;
};

static const struct measured broadwell[] = {
	{64, 53.9},  {128, 39.4},  {256, 28.0},  {384, 24.5},  {512, 22.9},
	{768, 21.5}, {1024, 20.8}, {2048, 19.9}, {4096, 19.4}, {16384, 19.2},
};

static struct timing_config broadwell_config(unsigned outstanding)
{
	struct timing_config config = plain();

	config.arrival = TIMING_CLOSED;
	config.outstanding = outstanding;
	config.in_order = true;
	config.lookup_ps[IOASIM_CACHE_IOTLB] = 2500;
	config.base_ps = 487500;
	config.walkers = 5;
	config.reference_ps = 275 * NS;
	config.miss_ps = 14 * NS;
	return config;
}

static struct timing *config_run(const struct timing_config *config, unsigned pages,
				 unsigned requests)
{
	struct timing *timing = make(config);
	double misses = pages > 117 ? 1 - 117.0 / pages : 0;

	for (unsigned i = 0; i < requests; i++)
		ask(timing, 0, uniform() < misses, (uint64_t)(uniform() * pages));
	return timing;
}

static struct timing *broadwell_run(unsigned outstanding, unsigned pages, unsigned requests)
{
	const struct timing_config config = broadwell_config(outstanding);

	return config_run(&config, pages, requests);
}

/* Few misses cost much only where others wait behind them. */
static void order_makes_the_fall_at_few_misses(void **state)
{
	struct timing_config config = broadwell_config(25);
	struct timing *timing;

	(void)state;
	config.in_order = false;
	timing = config_run(&config, 128, 100000);
	print_message("   128 pages in any order: %.1f M/s\n", rate(timing));
	assert_true(rate(timing) > 1.2 * 39.4);
	timing_destroy(timing);
}

static void rates_of_pcie_bench_come_out_within_a_tenth(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broadwell) / sizeof(broadwell[0]); i++) {
		struct timing *timing = broadwell_run(25, broadwell[i].pages, 100000);

		print_message("%6u pages: %.1f M/s measured, %.1f here\n", broadwell[i].pages,
			      broadwell[i].mps, rate(timing));
		assert_near(rate(timing), broadwell[i].mps, 0.1);
		timing_destroy(timing);
	}
}

static void latencies_of_pcie_bench_come_out(void **state)
{
	struct timing *timing = broadwell_run(1, 64, 10000);
	const struct latency *h = &timing_stats(timing)->latency[TIMING_OF_TRANSLATION];

	(void)state;
	assert_near((double)latency_mean(h), 490.0 * NS, 0.001);
	timing_destroy(timing);
	timing = broadwell_run(1, 16384, 50000);
	h = &timing_stats(timing)->latency[TIMING_OF_TRANSLATION];
	assert_near((double)latency_mean(h), 776.8 * NS, 0.005);
	timing_destroy(timing);
}

/* ---- Calls ------------------------------------------------------------------------ */

static struct timing_config of_commands(void)
{
	struct timing_config config = plain();

	config.doorbell_ps = 100 * NS;
	config.fetch_ps = 85 * NS;
	config.execute_ps = 50 * NS;
	config.removed_ps = 3 * NS;
	config.unmap_ps = 140 * NS;
	config.atc_ps = 1000 * NS;
	return config;
}

static void an_unmap_waits_for_its_commands(void **state)
{
	const struct timing_config config = of_commands();
	struct timing *timing = make(&config);
	struct timing_command_span wait;
	struct timing_call_span call;

	(void)state;
	timing_call_begin(timing, TIMING_CALL_UNMAP, 1000 * NS);
	timing_command(timing, IOASIM_COMMAND_TLB, 2, NULL);
	timing_command(timing, IOASIM_COMMAND_SYNC, 0, &wait);
	timing_call_end(timing, &call);
	/* Software, doorbell, and each command fetched and executed. */
	assert_int_equal(call.end, (1000 + 140 + 100 + 2 * 135 + 2 * 3) * NS);
	assert_int_equal(wait.seen, call.end);
	assert_int_equal(timing_stats(timing)->latency[TIMING_OF_UNMAP].sum, 516 * NS);
	assert_int_equal(timing_stats(timing)->latency[TIMING_OF_INVALIDATION].sum, 376 * NS);
	assert_int_equal(call.commands, 2);
	assert_int_equal(call.waits, 1);
	timing_destroy(timing);
}

static void who_polls_sees_the_end_at_the_next_look(void **state)
{
	struct timing_config config = of_commands();
	struct timing_command_span wait;
	struct timing *timing;

	(void)state;
	config.poll_ps = 60 * NS;
	timing = make(&config);
	timing_call_begin(timing, TIMING_CALL_OTHER, 0);
	timing_command(timing, IOASIM_COMMAND_SYNC, 0, &wait);
	/* 235 ns behind the doorbell's ring; looks at 0, 60, 120, 180, 240. */
	assert_int_equal(wait.end, 235 * NS);
	assert_int_equal(wait.seen, 240 * NS);
	timing_destroy(timing);
	config.wait = TIMING_INTERRUPT;
	config.interrupt_ps = 2000 * NS;
	timing = make(&config);
	timing_call_begin(timing, TIMING_CALL_OTHER, 0);
	timing_command(timing, IOASIM_COMMAND_SYNC, 0, &wait);
	assert_int_equal(wait.seen, 2235 * NS);
	timing_destroy(timing);
}

static void an_invalidation_waits_for_requests_before_it(void **state)
{
	struct timing_config config = of_commands();
	struct timing_command_span command;
	struct timing *timing;

	(void)state;
	config.drain = true;
	config.drain_blocks = true;
	config.reference_ps = 1000 * NS;
	config.walkers = 4;
	timing = make(&config);
	ask(timing, 0, 2, 1);
	timing_call_begin(timing, TIMING_CALL_OTHER, 0);
	timing_command(timing, IOASIM_COMMAND_TLB, 0, &command);
	assert_int_equal(command.fetched, 185 * NS);
	assert_int_equal(command.start, 2000 * NS);
	assert_int_equal(timing_stats(timing)->part[TIMING_DRAIN], 1815 * NS);
	timing_call_end(timing, NULL);
	/* A walk behind it waits for its end, a hit does not. */
	assert_int_equal(ask(timing, 200 * NS, 1, 2).walk_start, 2050 * NS);
	assert_int_equal(ask(timing, 200 * NS, 0, 3).done, 200 * NS);
	assert_int_equal(timing_stats(timing)->part[TIMING_BLOCKED], 1850 * NS);
	timing_destroy(timing);
}

static void calls_wait_for_a_processor_and_meet_at_the_queue(void **state)
{
	struct timing_config config = of_commands();
	struct timing_call_span call[3];

	(void)state;
	for (config.processors = 1; config.processors <= 2; config.processors++) {
		struct timing *timing = make(&config);

		for (unsigned i = 0; i < 3; i++) {
			timing_call_begin(timing, TIMING_CALL_UNMAP, 0);
			timing_command(timing, IOASIM_COMMAND_SYNC, 0, NULL);
			timing_call_end(timing, &call[i]);
		}
		/* Software 140, doorbell 100, fetching and executing 135. */
		assert_int_equal(call[0].end, 375 * NS);
		assert_int_equal(call[1].start, config.processors == 1 ? 375 * NS : 0);
		assert_int_equal(call[1].end, config.processors == 1 ? 750 * NS : 510 * NS);
		assert_int_equal(call[2].start, config.processors == 1 ? 750 * NS : 375 * NS);
		timing_destroy(timing);
	}
}

static void a_wait_waits_for_devices(void **state)
{
	const struct timing_config config = of_commands();
	struct timing *timing = make(&config);
	struct timing_command_span sync;

	(void)state;
	timing_call_begin(timing, TIMING_CALL_OTHER, 0);
	timing_command(timing, IOASIM_COMMAND_ATC, 0, NULL);
	timing_command(timing, IOASIM_COMMAND_SYNC, 0, &sync);
	assert_int_equal(sync.start, (100 + 135 + 1000) * NS);
	assert_int_equal(timing_stats(timing)->part[TIMING_ATC], (1000 - 85) * NS);
	timing_destroy(timing);
}

static void page_requests_take_their_service(void **state)
{
	struct timing_config config = plain();
	struct timing_span span;
	struct timing *timing;

	(void)state;
	config.page_request_ps = 20000 * NS;
	timing = make(&config);
	timing_page_request(timing, 5 * NS, &span);
	assert_int_equal(span.done, 20005 * NS);
	assert_int_equal(timing_stats(timing)->part[TIMING_PAGE_REQUEST], 20000 * NS);
	timing_destroy(timing);
}

/* ---- Limits ----------------------------------------------------------------------- */

static void what_is_out_of_range_is_named(void **state)
{
	struct timing_config config;
	struct timing *timing;
	const char *why;

	(void)state;
	config = plain();
	config.walkers = 0;
	assert_int_equal(timing_create(&config, &timing, &why), -EINVAL);
	assert_string_equal(why, "walkers");
	assert_null(timing);
	config = plain();
	config.pending = TIMING_PENDING + 1;
	assert_int_equal(timing_create(&config, &timing, &why), -EINVAL);
	assert_string_equal(why, "pending");
	config = plain();
	config.processors = 0;
	assert_int_equal(timing_create(&config, &timing, &why), -EINVAL);
	assert_string_equal(why, "processors");
	config = plain();
	config.arrival = TIMING_CLOSED;
	assert_int_equal(timing_create(&config, &timing, &why), -EINVAL);
	assert_string_equal(why, "outstanding");
	config = plain();
	config.lines = (struct ioasim_cache_geometry){.entries = 3, .ways = 2};
	assert_int_equal(timing_create(&config, &timing, &why), -EINVAL);
	assert_string_equal(why, "lines");
	config = plain();
	config.atc_ps = TIMING_PARAMETER_PS + 1;
	assert_int_equal(timing_create(&config, &timing, &why), -EINVAL);
	assert_string_equal(why, "atc_ps");
}

static void time_ends_and_does_not_wrap(void **state)
{
	struct timing_config config = plain();
	struct timing *timing;
	struct timing_span span;

	(void)state;
	config.reference_ps = TIMING_PARAMETER_PS;
	config.removed_ps = TIMING_PARAMETER_PS;
	config.arrival = TIMING_CLOSED;
	config.outstanding = 1;
	timing = make(&config);
	for (unsigned i = 0; i < 3; i++) {
		span = ask(timing, UINT64_MAX, 9180, i);
		assert_int_equal(span.done, TIMING_END_PS);
	}
	timing_call_begin(timing, TIMING_CALL_UNMAP, UINT64_MAX);
	timing_command(timing, IOASIM_COMMAND_SYNC, UINT64_MAX, NULL);
	timing_call_end(timing, NULL);
	assert_int_equal(timing_stats(timing)->end_ps, TIMING_END_PS);
	timing_destroy(timing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_takes_the_sum_of_its_parts),
		cmocka_unit_test(translation_requests_have_the_round_trip_on_top),
		cmocka_unit_test(walks_to_one_page_are_merged),
		cmocka_unit_test(look_ups_stand_still_where_no_walk_can_wait),
		cmocka_unit_test(requests_leave_in_order_of_their_source),
		cmocka_unit_test(memory_has_a_cache_in_front),
		cmocka_unit_test(closed_loops_meet_their_bounds),
		cmocka_unit_test(one_walker_is_an_mdl_queue),
		cmocka_unit_test(rates_of_pcie_bench_come_out_within_a_tenth),
		cmocka_unit_test(latencies_of_pcie_bench_come_out),
		cmocka_unit_test(order_makes_the_fall_at_few_misses),
		cmocka_unit_test(an_unmap_waits_for_its_commands),
		cmocka_unit_test(who_polls_sees_the_end_at_the_next_look),
		cmocka_unit_test(an_invalidation_waits_for_requests_before_it),
		cmocka_unit_test(calls_wait_for_a_processor_and_meet_at_the_queue),
		cmocka_unit_test(a_wait_waits_for_devices),
		cmocka_unit_test(page_requests_take_their_service),
		cmocka_unit_test(what_is_out_of_range_is_named),
		cmocka_unit_test(time_ends_and_does_not_wrap),
	};

	return cmocka_run_group_tests_name("timing", tests, NULL, NULL);
}
