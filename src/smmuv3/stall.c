/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stalled transactions: who waits, and how waiting ends (3.12.2, 4.7.1, 4.7.2).
 *
 * Duplicate records are not suppressed, and nothing is retried early (3.12.2.1,
 * 3.12.2.2), with one exception that 7.2.1 demands: a stall whose record could not be
 * stored before an invalidation was completed is retried when the queue can be written,
 * since the record may tell of what is no longer so.
 */
#include "smmuv3/stall.h"

#include "smmuv3/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_TAGS 64u

int smmu_stalls_init(struct smmu_unit *u)
{
	struct smmu_stalls *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->first = s->last = SMMU_STALL_NO_TAG;
	if (u->features.stall_model != SMMU_STALL_MODEL_TERMINATE)
		s->most = u->features.stall_max ? u->features.stall_max : SMMU_STALL_TAGS;
	if (s->most) {
		s->stall = calloc(s->most, sizeof(*s->stall));
		if (!s->stall) {
			free(s);
			return -ENOMEM;
		}
	}
	u->stalls = s;
	return 0;
}

void smmu_stalls_fini(struct smmu_unit *u)
{
	if (!u->stalls)
		return;
	free(u->stalls->stall);
	free(u->stalls);
	u->stalls = NULL;
}

void smmu_stalls_reset(struct smmu_unit *u)
{
	struct smmu_stalls *s = u->stalls;

	memset(s->used, 0, s->words * sizeof(s->used[0]));
	s->search = s->words = 0;
	s->first = s->last = SMMU_STALL_NO_TAG;
	s->invalidated = false;
}

/* ---- Tags ---------------------------------------------------------------------------- */

static uint32_t tag_take(struct smmu_stalls *s)
{
	uint32_t tag;

	while (s->search < SMMU_STALL_WORDS && s->used[s->search] == UINT64_MAX)
		s->search++;
	if (s->search == SMMU_STALL_WORDS)
		return SMMU_STALL_NO_TAG;
	tag = s->search * WORD_TAGS + (uint32_t)__builtin_ctzll(~s->used[s->search]);
	if (tag >= s->most)
		return SMMU_STALL_NO_TAG;
	s->used[s->search] |= UINT64_C(1) << (tag % WORD_TAGS);
	if (s->words <= s->search)
		s->words = s->search + 1;
	return tag;
}

static bool tag_used(const struct smmu_stalls *s, uint32_t tag)
{
	return s->used[tag / WORD_TAGS] >> (tag % WORD_TAGS) & 1;
}

/* The smallest tag in use that is not below `tag`. */
static uint32_t tag_next(const struct smmu_stalls *s, uint32_t tag)
{
	uint32_t word = tag / WORD_TAGS;
	uint64_t bits;

	if (word >= s->words)
		return SMMU_STALL_NO_TAG;
	bits = s->used[word] & (UINT64_MAX << (tag % WORD_TAGS));
	while (!bits && ++word < s->words)
		bits = s->used[word];
	return bits ? word * WORD_TAGS + (uint32_t)__builtin_ctzll(bits) : SMMU_STALL_NO_TAG;
}

/* ---- Records that wait ------------------------------------------------------------------ */

static void unrecorded_remove(struct smmu_stalls *s, uint32_t tag)
{
	struct smmu_stall *stall = &s->stall[tag];

	if (!stall->unrecorded)
		return;
	stall->unrecorded = false;
	if (stall->prev == SMMU_STALL_NO_TAG)
		s->first = stall->next;
	else
		s->stall[stall->prev].next = stall->next;
	if (stall->next == SMMU_STALL_NO_TAG)
		s->last = stall->prev;
	else
		s->stall[stall->next].prev = stall->prev;
}

void smmu_stall_keep_record(struct smmu_unit *u, uint32_t tag, const uint64_t *record)
{
	struct smmu_stalls *s = u->stalls;
	struct smmu_stall *stall = &s->stall[tag];

	memcpy(stall->record, record, sizeof(stall->record));
	stall->unrecorded = true;
	stall->completed = s->completed;
	stall->prev = s->last;
	stall->next = SMMU_STALL_NO_TAG;
	if (s->last == SMMU_STALL_NO_TAG)
		s->first = tag;
	else
		s->stall[s->last].next = tag;
	s->last = tag;
}

void smmu_stall_sync(struct smmu_unit *u)
{
	u->stalls->completed += u->stalls->invalidated;
	u->stalls->invalidated = false;
}

/* ---- Waiting and its end ------------------------------------------------------------------ */

uint32_t smmu_stall_add(struct smmu_unit *u, const struct ioasim_request *request)
{
	uint32_t tag = tag_take(u->stalls);

	if (tag == SMMU_STALL_NO_TAG)
		return tag;
	u->stalls->stall[tag].request = *request;
	u->stalls->stall[tag].unrecorded = false;
	return tag;
}

/* The tag is free from here on. */
static void stall_remove(struct smmu_stalls *s, uint32_t tag)
{
	unrecorded_remove(s, tag);
	s->used[tag / WORD_TAGS] &= ~(UINT64_C(1) << (tag % WORD_TAGS));
	if (tag / WORD_TAGS < s->search)
		s->search = tag / WORD_TAGS;
}

static void tell(const struct smmu_unit *u, uint32_t tag, struct ioasim_response *response)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	if (config->callbacks.resumed)
		config->callbacks.resumed(config->opaque, (uint16_t)tag, response);
}

/* 4.7.1: as if it had just arrived. */
static void retry(struct smmu_unit *u, uint32_t tag)
{
	struct ioasim_request request = u->stalls->stall[tag].request;
	struct ioasim_response response;

	stall_remove(u->stalls, tag);
	smmu_translate_again(u, &request, &response);
	if (response.outcome != IOASIM_STALLED)
		tell(u, tag, &response);
}

static void terminate(struct smmu_unit *u, uint32_t tag, bool abort)
{
	struct ioasim_response response = {
		.outcome = abort ? IOASIM_FAULT : IOASIM_RAZ_WI,
		.tag = (uint16_t)tag,
		.domain = UINT32_MAX,
	};

	stall_remove(u->stalls, tag);
	tell(u, tag, &response);
}

void smmu_stall_resume(struct smmu_unit *u, uint32_t sid, uint16_t tag, bool again, bool abort)
{
	const struct smmu_stalls *s = u->stalls;

	if (tag >= s->most || !tag_used(s, tag) || s->stall[tag].request.requester_id != sid)
		return;
	if (again)
		retry(u, tag);
	else
		terminate(u, tag, abort || u->features.term_model);
}

void smmu_stall_terminate(struct smmu_unit *u, uint32_t sid)
{
	const struct smmu_stalls *s = u->stalls;

	for (uint32_t tag = tag_next(s, 0); tag != SMMU_STALL_NO_TAG; tag = tag_next(s, tag + 1))
		if (s->stall[tag].request.requester_id == sid)
			terminate(u, tag, true);
}

void smmu_stall_terminate_all(struct smmu_unit *u)
{
	const struct smmu_stalls *s = u->stalls;

	for (uint32_t tag = tag_next(s, 0); tag != SMMU_STALL_NO_TAG; tag = tag_next(s, tag + 1))
		terminate(u, tag, true);
}

/*
 * Ends: each turn stores a record, of which the queue takes so many, or retries a stall
 * whose record is out of date, and that of one that waits again is not.
 */
void smmu_stall_records(struct smmu_unit *u)
{
	struct smmu_stalls *s = u->stalls;

	while (s->first != SMMU_STALL_NO_TAG && smmu_event_queue_writable(u)) {
		uint32_t tag = s->first;

		if (s->stall[tag].completed != s->completed) {
			retry(u, tag);
			continue;
		}
		unrecorded_remove(s, tag);
		if (smmu_event_store(u, s->stall[tag].record))
			u->unit.counters.faults_recorded++;
	}
}
