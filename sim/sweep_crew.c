/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep_crew.h"

#include "cmd.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * Records of a batch, and batches at a time. A replay that is taken up again finds its
 * state in no near cache; a batch pays for that. Two batches more than threads let the
 * reader go ahead and the slowest replay fall behind; one thread does all in turn.
 */
#define BATCH   16384u
#define AHEAD   2u
#define BATCHES SWEEP_BATCHES

struct batch {
	struct trace_record *records;
	size_t count;
};

struct work {
	struct sweep_crew *crew;
	struct batch batch[BATCHES];
	unsigned batches;

	/* What follows is changed under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t change;
	uint64_t *next; /* of each hand: the batch that it is fed next */
	bool *busy;
	uint64_t read; /* batches read */
	bool reading, end;
	int status; /* the trace's */
	bool failed; /* no more work is begun */

	/* Of who reads alone: */
	const struct trace_record *left; /* of the reader's own batch */
	size_t left_count;
};

/* ---- Choosing -------------------------------------------------------------------------- */

enum { NOTHING = -1, READ = -2 };

static bool stopped(const struct work *work)
{
	return work->failed || *work->crew->stop;
}

static bool room(const struct work *work, uint64_t slowest)
{
	return !work->end && !work->reading && work->read - slowest < work->batches;
}

/* Batches that a hand can be fed: up to where its leader is. */
static uint64_t ready(const struct work *work, size_t index)
{
	size_t leader = work->crew->hand[index].leader;

	return leader == index ? work->read : work->next[leader];
}

/* The hand that is furthest behind and free, or READ, or NOTHING for now. Reading comes
 * first: everybody waits for it sooner or later. */
static long choose(const struct work *work)
{
	uint64_t slowest = work->read, least = slowest;
	long found = NOTHING;

	for (size_t i = 0; i < work->crew->hands; i++) {
		if (work->crew->hand[i].strayed && !work->busy[i])
			continue;
		if (work->next[i] < slowest)
			slowest = work->next[i];
		if (!work->busy[i] && work->next[i] < least && work->next[i] < ready(work, i)) {
			least = work->next[i];
			found = (long)i;
		}
	}
	return room(work, slowest) ? READ : found;
}

static bool finished(const struct work *work)
{
	if (stopped(work))
		return true;
	if (!work->end)
		return false;
	for (size_t i = 0; i < work->crew->hands; i++)
		if (work->busy[i] || (!work->crew->hand[i].strayed && work->next[i] < work->read))
			return false;
	return true;
}

/* ---- Working ------------------------------------------------------------------------------ */

/* Fills a batch; count 0: the end of the trace. */
static int read_batch(struct work *work, struct batch *batch)
{
	struct sweep_crew *crew = work->crew;
	struct message_step step = {.verb = crew->verb, .unit = "bytes"};
	struct trace_error error = {""};
	uint64_t done, total;

	batch->count = 0;
	while (batch->count < BATCH) {
		size_t part = BATCH - batch->count;

		if (!work->left_count &&
		    trace_next(crew->reader, &work->left, &work->left_count, &error)) {
			message_error(crew->message, NULL, "%s", error.text);
			return CMD_INPUT;
		}
		if (!work->left_count)
			break;
		part = part < work->left_count ? part : work->left_count;
		memcpy(batch->records + batch->count, work->left, part * sizeof(*work->left));
		batch->count += part;
		work->left += part;
		work->left_count -= part;
	}
	trace_reader_progress(crew->reader, &done, &total);
	step.total = crew->readings * total;
	step.done = crew->reading * total + done;
	message_progress(crew->message, &step);
	return 0;
}

static void do_read(struct work *work)
{
	struct batch *batch = &work->batch[work->read % work->batches];
	int status;

	work->reading = true;
	pthread_mutex_unlock(&work->lock);
	status = read_batch(work, batch);
	pthread_mutex_lock(&work->lock);
	work->reading = false;
	work->status = status;
	work->failed |= status != 0;
	work->end = batch->count == 0;
	work->read += batch->count != 0;
}

/* By whom nobody follows, and by a leader, who fills its journal of the batch. */
static int feed_records(struct work *work, struct sweep_hand *hand, uint64_t number)
{
	const struct batch *batch = &work->batch[number % work->batches];

	if (hand->journal)
		replay_lead_into(hand->run, &hand->journal[number % work->batches]);
	return replay_feed(hand->run, batch->records, batch->count);
}

static int feed_journal(struct work *work, struct sweep_hand *hand, uint64_t number, bool *strayed)
{
	const struct sweep_hand *leader = &work->crew->hand[hand->leader];

	return replay_follow(hand->run, &leader->journal[number % work->batches], strayed);
}

static void do_feed(struct work *work, size_t index)
{
	struct sweep_hand *hand = &work->crew->hand[index];
	uint64_t number = work->next[index];
	bool strayed = false;
	int status;

	work->busy[index] = true;
	pthread_mutex_unlock(&work->lock);
	status = hand->leader == index ? feed_records(work, hand, number)
				       : feed_journal(work, hand, number, &strayed);
	pthread_mutex_lock(&work->lock);
	hand->status = status;
	hand->strayed = strayed;
	work->busy[index] = false;
	work->next[index]++;
	work->failed |= status != 0;
}

static void *work_on(void *opaque)
{
	struct work *work = opaque;

	pthread_mutex_lock(&work->lock);
	while (!finished(work)) {
		long choice = choose(work);

		if (choice == NOTHING) {
			pthread_cond_wait(&work->change, &work->lock);
			continue;
		}
		if (choice == READ)
			do_read(work);
		else
			do_feed(work, (size_t)choice);
		pthread_cond_broadcast(&work->change);
	}
	pthread_cond_broadcast(&work->change);
	pthread_mutex_unlock(&work->lock);
	return NULL;
}

/* ---- Life ----------------------------------------------------------------------------------- */

static void work_fini(struct work *work)
{
	for (unsigned i = 0; i < work->batches; i++)
		free(work->batch[i].records);
	free(work->next);
	free(work->busy);
	pthread_cond_destroy(&work->change);
	pthread_mutex_destroy(&work->lock);
}

static int work_init(struct work *work, struct sweep_crew *crew)
{
	*work = (struct work){.crew = crew,
			      .batches = crew->threads > 1 ? crew->threads + AHEAD : 1};
	pthread_mutex_init(&work->lock, NULL);
	pthread_cond_init(&work->change, NULL);
	work->next = calloc(crew->hands, sizeof(*work->next));
	work->busy = calloc(crew->hands, sizeof(*work->busy));
	for (unsigned i = 0; i < work->batches; i++) {
		work->batch[i].records = malloc(BATCH * sizeof(*work->batch[i].records));
		if (!work->batch[i].records || !work->next || !work->busy) {
			message_error(crew->message, NULL, "%s", strerror(ENOMEM));
			return CMD_INPUT;
		}
	}
	return 0;
}

/* This thread works too. One that cannot be made is not missed. */
static void run_threads(struct work *work, unsigned threads)
{
	pthread_t thread[BATCHES];
	unsigned made = 0;

	while (made + 1 < threads && pthread_create(&thread[made], NULL, work_on, work) == 0)
		made++;
	work_on(work);
	for (unsigned i = 0; i < made; i++)
		pthread_join(thread[i], NULL);
}

int sweep_crew_work(struct sweep_crew *crew)
{
	struct work work;
	int status = work_init(&work, crew);

	if (status == 0) {
		run_threads(&work, crew->threads);
		status = work.status;
	}
	for (size_t i = 0; i < crew->hands && status == 0; i++)
		status = crew->hand[i].status;
	work_fini(&work);
	return status;
}
