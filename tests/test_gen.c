/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What generators are made of (sim/gen*.h): random numbers that are the same everywhere,
 * frames, actors, limits, accesses in parts, a device's translations, mixes of sizes.
 */
#include "gen.h"
#include "gen_atc.h"
#include "gen_nvme.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- Random numbers ------------------------------------------------------------------------ */

/* xoshiro256** behind splitmix64 of seed 42, by the authors' public reference code's rules
 * worked out apart in another language. */
static void random_numbers_are_those_of_xoshiro256(void **state)
{
	static const uint64_t expected[] = {UINT64_C(0x15780b2e0c2ec716),
					    UINT64_C(0x6104d9866d113a7e),
					    UINT64_C(0xae17533239e499a1),
					    UINT64_C(0xecb8ad4703b360a1)};
	struct gen_random random;

	(void)state;
	gen_random_seed(&random, 42);
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(gen_random_next(&random), expected[i]);
}

static void bounded_numbers_are_even(void **state)
{
	struct gen_random random;
	unsigned count[7] = {0};

	(void)state;
	gen_random_seed(&random, 1);
	for (unsigned i = 0; i < 70000; i++) {
		uint64_t drawn = gen_random_below(&random, 7);

		assert_true(drawn < 7);
		count[drawn]++;
	}
	/* Five standard deviations of 93. */
	for (unsigned i = 0; i < 7; i++)
		assert_in_range(count[i], 9535, 10465);
}

static void intervals_are_exponential(void **state)
{
	struct gen_random random;
	double sum = 0;
	unsigned above = 0;

	(void)state;
	gen_random_seed(&random, 1);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t interval = gen_random_interval(&random, 1000000);

		sum += (double)interval;
		above += interval > 2000000;
	}
	assert_true(fabs(sum / 100000 - 1e6) < 5 * 1e6 / sqrt(100000));
	/* e^-2 of them are longer than twice the mean. */
	assert_true(fabs(above - 100000 * exp(-2)) < 5 * sqrt(100000 * exp(-2)));
}

static void zipf_is_as_its_law_says(void **state)
{
	const unsigned hundredths[] = {50, 99, 120, 250};
	static unsigned count[1000];
	struct gen_random random;
	struct gen_zipf zipf;

	(void)state;
	for (unsigned s = 0; s < 4; s++) {
		double sum = 0;

		memset(count, 0, sizeof(count));
		gen_random_seed(&random, 1);
		assert_int_equal(gen_zipf_init(&zipf, 1000, hundredths[s]), 0);
		for (unsigned i = 0; i < 200000; i++)
			count[gen_zipf_next(&zipf, &random)]++;
		for (unsigned i = 0; i < 1000; i++)
			sum += pow(i + 1, -(double)hundredths[s] / 100);
		for (unsigned i = 0; i < 1000; i = i * 3 + 1) {
			double mean = 200000 * pow(i + 1, -(double)hundredths[s] / 100) / sum;

			assert_true(fabs(count[i] - mean) < 5 * sqrt(mean) + 1);
		}
		gen_zipf_fini(&zipf);
	}
}

static void zipf_of_exponent_0_is_even_and_keeps_nothing(void **state)
{
	struct gen_random random;
	struct gen_zipf zipf;
	uint64_t most = 0;

	(void)state;
	gen_random_seed(&random, 1);
	assert_int_equal(gen_zipf_init(&zipf, UINT64_C(1) << 32, 0), 0);
	assert_null(zipf.below);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t drawn = gen_zipf_next(&zipf, &random);

		most = drawn > most ? drawn : most;
	}
	assert_true(most > UINT64_C(1) << 31);
	gen_zipf_fini(&zipf);
}

/* ---- Frames ----------------------------------------------------------------------------------- */

static void frames_are_aligned_and_come_again_late(void **state)
{
	struct gen_frames frames = {0};
	uint64_t pa, first, seen = 0;

	(void)state;
	assert_int_equal(gen_frames_get(&frames, 3, &first), 0);
	assert_int_equal(first % 0x8000, 0);
	assert_int_equal(gen_frames_put(&frames, 3, first), 0);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(gen_frames_get(&frames, 3, &pa), 0);
		assert_int_equal(pa % 0x8000, 0);
		if (pa == first)
			seen = seen ? seen : i;
		assert_int_equal(gen_frames_put(&frames, 3, pa), 0);
	}
	assert_in_range(seen, 32, 199);
	gen_frames_fini(&frames);
}

/* Where machines keep their drivers' tables by default nothing else lies. */
static void frames_leave_out_the_drivers_pool_and_end(void **state)
{
	struct gen_frames frames = {0};
	uint64_t pa, count = 0;
	int status;

	(void)state;
	while ((status = gen_frames_get(&frames, 18, &pa)) == 0) {
		assert_true(pa + (UINT64_C(1) << 30) <= UINT64_C(32) << 30 ||
			    pa >= UINT64_C(33) << 30);
		count++;
	}
	assert_int_equal(status, -ENOSPC);
	/* 4 to 32 GiB and 64 to 960 GiB. */
	assert_int_equal(count, 28 + 896);
	gen_frames_fini(&frames);
}

static void orders_hold_their_bytes(void **state)
{
	(void)state;
	assert_int_equal(gen_frame_order(1), 0);
	assert_int_equal(gen_frame_order(4096), 0);
	assert_int_equal(gen_frame_order(4097), 1);
	assert_int_equal(gen_frame_order(9014), 2);
	assert_int_equal(gen_frame_order(UINT64_C(1) << 30), 18);
}

/* ---- Actors and limits ----------------------------------------------------------------------------- */

struct stage {
	struct gen gen;
	struct message message;
	char path[64];
};

static void stage_begin(struct stage *stage, const struct gen_config *config)
{
	const struct trace_meta meta = {.levels = TRACE_LEVEL_DRIVER};
	struct trace_error error = {""};
	struct trace_writer *writer;
	int fd;

	strcpy(stage->path, "/tmp/ioasim-test-XXXXXX");
	fd = mkstemp(stage->path);
	assert_true(fd >= 0);
	close(fd);
	message_init(&stage->message, stderr);
	assert_int_equal(trace_create(stage->path, TRACE_FORMAT_BINARY, &meta, &writer, &error), 0);
	gen_init(&stage->gen, config, writer, &stage->message);
}

/* The trace that was written. */
static struct trace_reader *stage_end(struct stage *stage)
{
	struct trace_error error = {""};
	struct trace_reader *reader;

	assert_int_equal(gen_fini(&stage->gen), 0);
	assert_int_equal(trace_commit(stage->gen.writer, &error), 0);
	assert_int_equal(trace_open(stage->path, TRACE_FORMAT_AUTO, &reader, &error), 0);
	unlink(stage->path);
	return reader;
}

static const struct gen_config unlimited = {.limits = {UINT64_MAX, UINT64_MAX, UINT64_MAX},
					    .seed = 1};

struct ticker {
	struct gen_actor actor;
	uint32_t number;
	uint64_t interval_ps;
	unsigned left;
};

static uint64_t tick(struct gen *gen, void *opaque)
{
	struct ticker *ticker = opaque;

	gen_unmap(gen, ticker->number, 0, 0x1000);
	gen_count_unit(gen);
	return --ticker->left ? gen->now_ps + ticker->interval_ps : GEN_NEVER;
}

static void ticker_add(struct gen *gen, struct ticker *ticker, uint64_t at_ps)
{
	ticker->actor = (struct gen_actor){.act = tick, .opaque = ticker};
	gen_add(gen, &ticker->actor);
	gen_wake(gen, &ticker->actor, at_ps);
}

static void actors_act_in_order_of_time_and_of_being_added(void **state)
{
	static const struct {
		uint32_t number;
		uint64_t time_ns;
	} expected[] = {{1, 0}, {2, 0}, {3, 1}, {1, 1}, {2, 2}, {1, 3}, {2, 4}, {1, 4}};
	struct ticker tickers[] = {{.number = 1, .interval_ps = 1500, .left = 4},
				   {.number = 2, .interval_ps = 2000, .left = 3},
				   {.number = 3, .left = 1}};
	const struct trace_record *records;
	struct trace_error error = {""};
	struct trace_reader *reader;
	struct stage stage;
	size_t count;

	(void)state;
	stage_begin(&stage, &unlimited);
	ticker_add(&stage.gen, &tickers[0], 0);
	ticker_add(&stage.gen, &tickers[1], 0);
	ticker_add(&stage.gen, &tickers[2], 1200);
	/* Later than it wants to act anyway: nothing changes. */
	gen_wake(&stage.gen, &tickers[2].actor, 5000);
	gen_run(&stage.gen);
	assert_int_equal(stage.gen.units, 8);
	reader = stage_end(&stage);
	assert_int_equal(trace_next(reader, &records, &count, &error), 0);
	assert_int_equal(count, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(records[i].domain, expected[i].number);
		assert_int_equal(records[i].time_ns, expected[i].time_ns);
	}
	trace_close(reader);
}

static uint64_t records_under(struct gen_limits limits)
{
	struct ticker ticker = {.number = 1, .interval_ps = 10000, .left = 1000};
	struct gen_config config = {.limits = limits};
	struct stage stage;
	uint64_t records;

	stage_begin(&stage, &config);
	ticker_add(&stage.gen, &ticker, 0);
	gen_run(&stage.gen);
	records = stage.gen.records;
	trace_close(stage_end(&stage));
	return records;
}

static void limits_end_a_run(void **state)
{
	(void)state;
	assert_int_equal(records_under((struct gen_limits){7, UINT64_MAX, UINT64_MAX}), 7);
	assert_int_equal(records_under((struct gen_limits){UINT64_MAX, UINT64_MAX, 9}), 9);
	/* One each 10 ns, from 0 on, and 100 ns still belongs to it. */
	assert_int_equal(records_under((struct gen_limits){UINT64_MAX, 100, UINT64_MAX}), 11);
	assert_int_equal(records_under((struct gen_limits){5, 20, 4}), 3);
}

/* ---- Accesses ---------------------------------------------------------------------------------------- */

static unsigned parts_of(uint64_t tlp, uint64_t iova, uint64_t length, uint64_t *lengths)
{
	struct gen_config config = unlimited;
	const struct trace_record *records;
	struct trace_error error = {""};
	struct trace_reader *reader;
	struct stage stage;
	uint64_t at = 0;
	size_t count;

	config.tlp = tlp;
	stage_begin(&stage, &config);
	gen_dma(&stage.gen, &(struct gen_dma){.rid = 5,
					      .pasid = GEN_NO_PASID,
					      .iova = iova,
					      .pa = iova + 0x7000000,
					      .length = length,
					      .access = IOASIM_READ});
	reader = stage_end(&stage);
	assert_int_equal(trace_next(reader, &records, &count, &error), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(records[i].kind, TRACE_DMA);
		assert_int_equal(records[i].address, iova + at);
		assert_int_equal(records[i].value, iova + at + 0x7000000);
		assert_true(records[i].flags & TRACE_ANSWERED);
		lengths[i] = records[i].length;
		at += records[i].length;
	}
	assert_int_equal(at, length);
	trace_close(reader);
	return (unsigned)count;
}

static void accesses_are_split_at_pages_and_packets(void **state)
{
	uint64_t lengths[64];

	(void)state;
	assert_int_equal(parts_of(0, 0x1000, 0x1000, lengths), 1);
	assert_int_equal(parts_of(0, 0x1ff0, 0x1020, lengths), 3);
	assert_int_equal(lengths[0], 0x10);
	assert_int_equal(lengths[1], 0x1000);
	assert_int_equal(lengths[2], 0x10);
	assert_int_equal(parts_of(256, 0x10f0, 1500, lengths), 7);
	assert_int_equal(lengths[0], 16);
	assert_int_equal(lengths[1], 256);
	assert_int_equal(lengths[6], 1500 - 16 - 5 * 256);
}

static void times_of_rates_and_links(void **state)
{
	(void)state;
	assert_int_equal(gen_interval_ps(1, 53900000), 18552); /* 18.5529 ns */
	assert_int_equal(gen_interval_ps(2, 1000000000000), 2);
	/* 1,538 bytes at 100 Gbit/s: 123.04 ns, 8.127 million packets a second. */
	assert_int_equal(gen_wire_ps(1538, 100), 123040);
}

/* ---- A device's translations ----------------------------------------------------------------------- */

static void the_least_recently_used_translation_goes(void **state)
{
	struct gen_atc atc;

	(void)state;
	assert_int_equal(gen_atc_init(&atc, 2), 0);
	assert_false(gen_atc_hit(&atc, 1));
	assert_int_equal(gen_atc_fill(&atc, 1), 0);
	assert_int_equal(gen_atc_fill(&atc, 2), 0);
	assert_true(gen_atc_hit(&atc, 1));
	assert_int_equal(gen_atc_fill(&atc, 3), 0);
	assert_false(gen_atc_hit(&atc, 2));
	assert_true(gen_atc_hit(&atc, 1));
	assert_true(gen_atc_hit(&atc, 3));
	gen_atc_remove(&atc, 1);
	gen_atc_remove(&atc, 9);
	assert_false(gen_atc_hit(&atc, 1));
	assert_int_equal(gen_atc_fill(&atc, 4), 0);
	assert_true(gen_atc_hit(&atc, 3));
	assert_true(gen_atc_hit(&atc, 4));
	gen_atc_fini(&atc);
}

/* ---- Mixes of sizes ------------------------------------------------------------------------------------ */

static void mixes_of_sizes_are_read(void **state)
{
	static const char *const wrong[] = {"",
					    "4k:0",
					    "4k:x",
					    "513",
					    "4M",
					    "4k,,8k",
					    "4k:",
					    ":3",
					    "0",
					    "4k;8k",
					    "1k,1k,1k,1k,1k,1k,1k,1k,1k"};
	struct gen_nvme_mix mix;

	(void)state;
	assert_int_equal(gen_nvme_mix_parse("4k:70,512,2M:5", &mix), 0);
	assert_int_equal(mix.count, 3);
	assert_int_equal(mix.bytes[0], 4096);
	assert_int_equal(mix.below[0], 70);
	assert_int_equal(mix.bytes[1], 512);
	assert_int_equal(mix.below[1], 71);
	assert_int_equal(mix.bytes[2], 2 << 20);
	assert_int_equal(mix.below[2], 76);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(gen_nvme_mix_parse(wrong[i], &mix), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_numbers_are_those_of_xoshiro256),
		cmocka_unit_test(bounded_numbers_are_even),
		cmocka_unit_test(intervals_are_exponential),
		cmocka_unit_test(zipf_is_as_its_law_says),
		cmocka_unit_test(zipf_of_exponent_0_is_even_and_keeps_nothing),
		cmocka_unit_test(frames_are_aligned_and_come_again_late),
		cmocka_unit_test(frames_leave_out_the_drivers_pool_and_end),
		cmocka_unit_test(orders_hold_their_bytes),
		cmocka_unit_test(actors_act_in_order_of_time_and_of_being_added),
		cmocka_unit_test(limits_end_a_run),
		cmocka_unit_test(accesses_are_split_at_pages_and_packets),
		cmocka_unit_test(times_of_rates_and_links),
		cmocka_unit_test(the_least_recently_used_translation_goes),
		cmocka_unit_test(mixes_of_sizes_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
