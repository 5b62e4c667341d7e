/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays that follow another one: what they count is what a replay by itself counts, and
 * where an answer is another one they are given up.
 */
#include "cmd.h"
#include "replay_lead.h"
#include "replay_rig.h"
#include "trace_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A leader and one that follows, on machines that these settings make; then the machine of
 * the follower by itself. */
struct pair {
	const char *arch;
	bool driver;
	const char *const *leader, *const *follower; /* ended by NULL */
	void (*spoil)(struct journal *journal); /* NULL: nobody */
};

struct side {
	struct machine machine;
	struct result result;
	struct replay replay;
	struct replay_run *run;
};

static void side_init(struct side *side, const struct pair *pair, const char *const *sets,
		      const struct trace_meta *meta, struct message *message)
{
	size_t count = 0;

	memset(side, 0, sizeof(*side));
	while (sets[count])
		count++;
	assert_int_equal(
		machine_load(&side->machine,
			     &(struct machine_source){
				     .arch = pair->arch, .set = sets, .sets = count, .meta = meta},
			     message),
		0);
	result_init(&side->result, &side->machine, "text");
	side->result.level = pair->driver ? TRACE_LEVEL_DRIVER : TRACE_LEVEL_UNIT;
	side->result.checked = true;
	side->replay = (struct replay){
		.machine = &side->machine,
		.meta = meta,
		.message = message,
		.result = &side->result,
		.check = true,
	};
}

/* Three records at a time, each with its journal. */
static void drive(struct side *leader, struct side *follower, struct trace_reader *reader,
		  const struct pair *pair)
{
	const struct trace_record *records;
	struct journal journal = {.op = NULL};
	struct trace_error error = {""};
	bool strayed = false;
	size_t count;

	assert_int_equal(trace_next(reader, &records, &count, &error), 0);
	for (size_t at = 0, part; at < count && !strayed; at += part) {
		part = count - at < 3 ? count - at : 3;
		replay_lead_into(leader->run, &journal);
		assert_int_equal(replay_feed(leader->run, records + at, part), 0);
		if (pair->spoil)
			pair->spoil(&journal);
		assert_int_equal(replay_follow(follower->run, &journal, &strayed), 0);
	}
	/* A batch is enough for all texts here. */
	if (!strayed) {
		assert_int_equal(trace_next(reader, &records, &count, &error), 0);
		assert_int_equal(count, 0);
	}
	journal_fini(&journal);
}

static char *text_of(struct result *result)
{
	json_t *json = result_json(result);
	char *text = json_dumps(json, JSON_INDENT(1) | RESULT_JSON_FLAGS);

	assert_non_null(text);
	json_decref(json);
	return text;
}

static void compare_alone(const char *text, const struct pair *pair, struct side *follower)
{
	struct trial alone;
	char *own, *followed;

	trial_replay(&alone, text,
		     &(struct trial_options){
			     .arch = pair->arch, .sets = pair->follower, .driver = pair->driver});
	alone.result.checked = true;
	own = text_of(&alone.result);
	followed = text_of(&follower->result);
	assert_string_equal(followed, own);
	free(own);
	free(followed);
	trial_done(&alone);
}

/* True: the follower came to the end, and its result is its machine's own. */
static bool follow(const char *text, const struct pair *pair)
{
	struct trace_reader *reader = trial_open(text);
	const struct trace_meta *meta = trace_reader_meta(reader);
	struct journal start = {.op = NULL};
	struct side leader, follower;
	struct message message;
	bool good;

	message_init(&message, stderr);
	side_init(&leader, pair, pair->leader, meta, &message);
	side_init(&follower, pair, pair->follower, meta, &message);
	leader.replay.journal = &start;
	assert_int_equal(replay_start(&leader.replay, &leader.run), 0);
	if (pair->spoil)
		pair->spoil(&start);
	assert_int_equal(replay_follow_start(&follower.replay, &start, &follower.run), 0);
	drive(&leader, &follower, reader, pair);
	replay_end(leader.run);
	good = replay_follow_end(follower.run, &leader.result);
	if (good)
		compare_alone(text, pair, &follower);
	result_fini(&leader.result);
	result_fini(&follower.result);
	journal_fini(&start);
	trace_close(reader);
	return good;
}

static const char *const none[] = {NULL};
static const char *const off[] = {"caches=off", NULL};
static const char *const small[] = {"caches.iotlb.entries=2", "caches.iotlb.ways=1",
				    "caches.stage2_walk.entries=1", "caches.stage2_walk.ways=1",
				    NULL};

/* ---- Unit level --------------------------------------------------------------------------- */

/* As in test_replay.c: device 00:05.0 in domain 3, 0x40000000 lies at 0x5000000 (rw), the
 * page after it at 0x6000000 (r). */
#define UNIT                                        \
	"ioasim-trace 1\narch vtd\nlevels unit\n"   \
	"key cap.cap 0x80d2008c222f0606\n"          \
	"key cap.ecap 0xf00f4a\n"                   \
	"reg offset=0x88 size=4 value=0\n"          \
	"reg offset=0x90 size=8 value=0x20000\n"    \
	"reg offset=0x18 size=4 value=0x4000000\n"  \
	"mem address=0x10000 value=0x11001\n"       \
	"mem address=0x11280 value=0x12001\n"       \
	"mem address=0x11288 value=0x301\n"         \
	"mem address=0x12008 value=0x13003\n"       \
	"mem address=0x13000 value=0x14003\n"       \
	"mem address=0x14000 value=0x5000003\n"     \
	"mem address=0x14008 value=0x6000001\n"     \
	"reg offset=0x20 size=8 value=0x10000\n"    \
	"reg offset=0x18 size=4 value=0x44000000\n" \
	"reg offset=0x18 size=4 value=0x84000000\n"
#define READ "dma rid=00:05.0 iova=0x40000010 length=16 access=r "
#define OLD  READ "pa=0x5000010 page_lg2=12 granted=r\n"
#define NEW  READ "pa=0x7000010 page_lg2=12 granted=r\n"
#define REFUSED                        \
	"fault rid=00:05.0 code=0x5\n" \
	"dma rid=00:05.0 iova=0x40001010 length=16 access=w refused\n"
#define CHANGE "mem address=0x14000 value=0x7000003\n"
#define FLUSH                                     \
	"mem address=0x20000 value=0x300f2\n"     \
	"mem address=0x20008 value=0x40000000\n"  \
	"mem address=0x20010 value=0x700000025\n" \
	"mem address=0x20018 value=0x30000\n"     \
	"reg offset=0x88 size=4 value=0x20\n"     \
	"cmd words=0x300f2,0x40000000\n"          \
	"cmd words=0x700000025,0x30000\n"         \
	"store address=0x30000 size=4 value=0x7\n"

static const struct pair unit_pairs[] = {
	{NULL, false, none, off, NULL},
	{NULL, false, off, none, NULL},
	{NULL, false, none, small, NULL},
};

static void units_with_other_caches_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unit_pairs) / sizeof(unit_pairs[0]); i++) {
		assert_true(follow(UNIT OLD OLD REFUSED CHANGE FLUSH NEW NEW, &unit_pairs[i]));
		assert_true(follow(UNIT "abort first=0x14000 last=0x14fff\n"
					"dma rid=00:05.0 iova=0x40000000 length=1 access=r\n",
				   &unit_pairs[i]));
		assert_true(follow(UNIT, &unit_pairs[i]));
	}
}

/* What is wrong for the leader is wrong for who follows, as long as all answer alike. */
static void commands_that_differ_from_the_record_are_taken_over(void **state)
{
	(void)state;
	assert_true(follow(UNIT OLD FLUSH "cmd words=0x1,0x0\n" OLD, &unit_pairs[0]));
}

static void a_stale_answer_that_one_of_them_has_not_is_straying(void **state)
{
	(void)state;
	assert_false(follow(UNIT OLD CHANGE NEW, &unit_pairs[0]));
	assert_false(follow(UNIT OLD CHANGE OLD, &unit_pairs[1]));
}

/* Both are answered, one of them from what was there before; nothing is recorded. */
static void an_answer_that_leads_elsewhere_is_straying(void **state)
{
	(void)state;
	assert_false(follow(UNIT READ "\n" CHANGE READ "\n", &unit_pairs[0]));
	assert_false(follow(UNIT READ "\n" CHANGE READ "\n", &unit_pairs[1]));
	assert_true(follow(UNIT READ "\n" CHANGE READ "\n", &unit_pairs[2]));
}

/* Whether an answer that is not as recorded comes of an entry that the recorder had lost
 * depends on what the machine itself has cached: nothing of it can be taken over. */
static void an_answer_that_is_not_as_recorded_is_straying(void **state)
{
	(void)state;
	assert_false(follow(UNIT OLD CHANGE NEW, &unit_pairs[2]));
	assert_false(follow(UNIT NEW, &unit_pairs[2]));
}

/* ---- Driver level ------------------------------------------------------------------------------ */

#define DRIVER                            \
	"ioasim-trace 1\nlevels driver\n" \
	"domain domain=1 kind=kernel\n"   \
	"device rid=00:05.0\n"            \
	"attach rid=00:05.0 domain=1\n"   \
	"map domain=1 iova=0x10000 length=8k pa=0x7000000 access=rw\n"
#define WRITE "dma rid=00:05.0 iova=0x10000 length=4 access=w "

static void drivers_are_followed_on_every_architecture(void **state)
{
	static const char *const archs[] = {"vtd", "amdvi", "smmuv3"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct pair pair = {archs[i], true, none, small, NULL};

		/* With a map that is refused, and an answer that is wrong. */
		assert_true(follow(DRIVER WRITE
				   "pa=0x7000000\n" WRITE "pa=0x7001000\n"
				   "map domain=1 iova=0x10000 length=4k pa=0 access=r\n"
				   "unmap domain=1 iova=0x10000 length=8k\n" WRITE "refused\n"
				   "detach rid=00:05.0\ndomain_free domain=1\n",
				   &pair));
	}
}

static void a_lazy_window_that_only_one_can_use_is_straying(void **state)
{
	static const char *const lazy[] = {"driver.policy=lazy", NULL};
	static const char *const lazy_off[] = {"driver.policy=lazy", "caches=off", NULL};
	static const char *const lazy_large[] = {"driver.policy=lazy", "caches.iotlb.entries=512",
						 NULL};
	static const char text[] = DRIVER WRITE "pa=0x7000000\n"
						"unmap domain=1 iova=0x10000 length=8k\n" WRITE
						"refused\n" WRITE "refused\n"
						"@20ms " WRITE "refused\n";

	(void)state;
	assert_false(follow(text, &(struct pair){NULL, true, lazy, lazy_off, NULL}));
	assert_false(follow(text, &(struct pair){NULL, true, lazy_off, lazy, NULL}));
	assert_true(follow(text, &(struct pair){NULL, true, lazy, lazy_large, NULL}));
}

/* A table's page is used again, with what it held before; the driver clears it. */
static void tables_that_are_used_again_are_clear_for_followers(void **state)
{
	static const char *const archs[] = {"vtd", "amdvi", "smmuv3"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct pair pair = {archs[i], true, none, small, NULL};

		assert_true(follow(DRIVER
				   "map domain=1 iova=0x40000000 length=4k pa=0x9000000 access=rw\n"
				   "unmap domain=1 iova=0x40000000 length=1G\n"
				   "map domain=1 iova=0x80001000 length=4k pa=0x9001000 access=rw\n"
				   "dma rid=00:05.0 iova=0x80000000 length=4 access=w refused\n"
				   "dma rid=00:05.0 iova=0x80001000 length=4 access=w "
				   "pa=0x9001000\n",
				   &pair));
	}
}

/* ---- Journals that do not fit -------------------------------------------------------------------- */

static struct journal_op *find_op(struct journal *journal, enum journal_kind kind)
{
	for (size_t i = 0; i < journal->count; i++)
		if (journal->op[i].kind == kind)
			return &journal->op[i];
	return NULL;
}

static void spoil_read(struct journal *journal)
{
	struct journal_op *op = find_op(journal, JOURNAL_READ);

	if (op)
		op->reg.value ^= 1;
}

static void spoil_write(struct journal *journal)
{
	struct journal_op *op = find_op(journal, JOURNAL_WRITE);

	if (op)
		op->status = -5;
}

static void spoil_events(struct journal *journal)
{
	struct journal_op *op = find_op(journal, JOURNAL_EVENTS);

	if (op)
		op->events ^= 1;
}

static void spoil_outcome(struct journal *journal)
{
	struct journal_op *op = find_op(journal, JOURNAL_ACCESS);

	if (op)
		op->access.answer.outcome ^= 1;
}

static void spoil_records(struct journal *journal)
{
	journal->records++;
}

static void whatever_comes_back_otherwise_is_straying(void **state)
{
	static void (*const spoils[])(struct journal *) = {spoil_write, spoil_events, spoil_outcome,
							   spoil_records};

	(void)state;
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++)
		assert_false(follow(UNIT OLD OLD FLUSH,
				    &(struct pair){NULL, false, none, off, spoils[i]}));
	/* Drivers read back what they switch on. */
	assert_false(follow(DRIVER "unmap domain=1 iova=0x10000 length=8k\n",
			    &(struct pair){NULL, true, none, off, spoil_read}));
}

/* ---- At random ------------------------------------------------------------------------------------- */

#define PAGES 24

/* Maps, unmaps and accesses of a few pages, so that addresses are used again soon. */
static char *random_text(uint64_t *seed)
{
	bool mapped[PAGES] = {false};
	uint64_t now = 0;
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	fputs("ioasim-trace 1\nlevels driver\ndomain domain=1 kind=kernel\n"
	      "device rid=00:05.0\nattach rid=00:05.0 domain=1\n",
	      stream);
	for (unsigned i = 0; i < 400; i++) {
		uint64_t r = rig_random(seed);
		unsigned page = (unsigned)(r >> 8) % PAGES;

		now += r >> 32 & 0x3ffff;
		if (r % 4 == 0)
			fprintf(stream,
				mapped[page] ? "@%llu unmap domain=1 iova=0x%x length=4k\n"
					     : "@%llu map domain=1 iova=0x%x length=4k pa=0x%x "
					       "access=rw\n",
				(unsigned long long)now, 0x100000 + page * 0x1000,
				0x5000000 + (unsigned)(r >> 16 & 0xff) * 0x1000);
		else
			fprintf(stream, "@%llu dma rid=00:05.0 iova=0x%x length=4 access=w\n",
				(unsigned long long)now, 0x100000 + page * 0x1000);
		mapped[page] ^= r % 4 == 0;
	}
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void at_random_a_follower_counts_as_alone_or_strays(void **state)
{
	static const char *const archs[] = {"vtd", "amdvi", "smmuv3"};
	static const char *const policies[] = {"driver.policy=strict", "driver.policy=lazy"};
	static const char *const entries[] = {"caches.iotlb.entries=0", "caches.iotlb.entries=4",
					      "caches.iotlb.entries=64"};
	uint64_t seed = rig_seed();
	unsigned strayed[2] = {0}, followed[2] = {0};

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		uint64_t r = rig_random(&seed);
		unsigned lazy = r & 1;
		const char *leader[] = {policies[lazy], entries[(r >> 8) % 3],
					"caches.iotlb.ways=0", NULL};
		const char *follower[] = {policies[lazy], entries[(r >> 16) % 3],
					  "caches.iotlb.ways=0", NULL};
		char *text = random_text(&seed);
		const struct pair pair = {archs[(r >> 24) % 3], true, leader, follower, NULL};

		(follow(text, &pair) ? followed : strayed)[lazy]++;
		free(text);
	}
	assert_int_equal(strayed[0], 0);
	assert_true(strayed[1] && followed[0] && followed[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_with_other_caches_follow),
		cmocka_unit_test(commands_that_differ_from_the_record_are_taken_over),
		cmocka_unit_test(a_stale_answer_that_one_of_them_has_not_is_straying),
		cmocka_unit_test(an_answer_that_is_not_as_recorded_is_straying),
		cmocka_unit_test(drivers_are_followed_on_every_architecture),
		cmocka_unit_test(a_lazy_window_that_only_one_can_use_is_straying),
		cmocka_unit_test(an_answer_that_leads_elsewhere_is_straying),
		cmocka_unit_test(tables_that_are_used_again_are_clear_for_followers),
		cmocka_unit_test(whatever_comes_back_otherwise_is_straying),
		cmocka_unit_test(at_random_a_follower_counts_as_alone_or_strays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
