/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream table entry or CD of the SMMUv3 driver is while it changes (H1, H7): at
 * every moment the old one, the new one, or one that is not valid.
 */
#include "driver_rig_smmu.h"

#define WATCHED      (2 * G)
#define WATCHED_SIZE (8 * M)

/*
 * RAM behind callbacks. After each store a second unit without caches, on the same
 * memory and tables, is asked what the device would meet if it came just now.
 */
struct watched {
	unsigned char *bytes;
	struct rig *rig;
	struct ioasim_unit *bystander;
	uint32_t pasid;
	const struct end *old, *new;
	bool watching;
	unsigned olds, news, invalids, others;
};

/* What a route leads to: an address under a tag, or an end with an event. */
struct end {
	struct domain *domain; /* NULL: nothing is attached */
	uint64_t pa;
	uint32_t tag;
	bool ends;
	uint32_t event; /* 0: none */
};

static bool is_end(const struct end *end, const struct ioasim_response *answer)
{
	if (end->ends)
		return answer->outcome == IOASIM_FAULT && answer->fault.code == end->event;
	return answer->outcome == IOASIM_OK && answer->pa == end->pa && answer->domain == end->tag;
}

static struct ioasim_response bystander_ask(struct watched *watched)
{
	struct ioasim_request request = {
		.requester_id = RID,
		.pasid = watched->pasid == NONE ? 0 : watched->pasid,
		.has_pasid = watched->pasid != NONE,
		.address = IOVA,
		.length = 1,
		.access = RW,
	};
	struct ioasim_response answer;

	ioasim_translate(watched->bystander, &request, &answer);
	return answer;
}

static void look(struct watched *watched)
{
	struct ioasim_response answer = bystander_ask(watched);

	if (is_end(watched->old, &answer))
		watched->olds++;
	else if (is_end(watched->new, &answer))
		watched->news++;
	else if (answer.outcome == IOASIM_FAULT &&
		 (answer.fault.code == BAD_STE || answer.fault.code == BAD_CD))
		watched->invalids++; /* the entry is not valid */
	else
		watched->others++;
}

static int watched_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	memcpy(data, ((struct watched *)opaque)->bytes + offset, length);
	return 0;
}

static int watched_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	struct watched *watched = opaque;

	/* A unit may see each word of a longer store by itself. */
	for (size_t i = 0; i < length; i += 8) {
		memcpy(watched->bytes + offset + i, (const unsigned char *)data + i,
		       length - i < 8 ? length - i : 8);
		if (watched->watching)
			look(watched);
	}
	return 0;
}

static int watched_swap(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	struct watched *watched = opaque;
	uint64_t old;

	memcpy(&old, watched->bytes + offset, 8);
	if (old == *expected)
		memcpy(watched->bytes + offset, &desired, 8);
	*expected = old;
	return 0;
}

static const struct ioasim_memory_ops watched_ops = {watched_read, watched_write, watched_swap};

static void watched_begin(struct watched *watched, struct rig *rig, bool stage1)
{
	memset(watched, 0, sizeof(*watched));
	watched->bytes = calloc(1, WATCHED_SIZE);
	assert_non_null(watched->bytes);
	watched->rig = rig;
	rig_prepare(rig);
	rig->config.stage1 = stage1;
	rig->config.pool_base = WATCHED;
	rig->config.pool_size = WATCHED_SIZE;
	assert_int_equal(ioasim_memory_add_callback(rig->memory, WATCHED, WATCHED_SIZE,
						    &watched_ops, watched),
			 0);
	rig_start(rig);
	watched->bystander = rig_bystander(rig);
}

static void watched_end(struct watched *watched)
{
	ioasim_unit_destroy(watched->bystander);
	rig_end(watched->rig);
	free(watched->bytes);
}

static struct end end_at(struct rig *rig, struct domain *domain, uint64_t pa)
{
	return (struct end){.domain = domain, .pa = pa, .tag = rig->ops->domain_tag(domain)};
}

static struct end end_with(struct domain *domain, uint32_t event)
{
	return (struct end){.domain = domain, .ends = true, .event = event};
}

/* Goes from one to the other: nothing but old, new and an invalid entry may be seen, and
 * not that where both differ in a word alone. */
static void change_watch(struct watched *watched, const struct end *from, const struct end *to,
			 bool hitless)
{
	struct rig *rig = watched->rig;
	struct ioasim_response answer;

	if (from->domain)
		rig_attach(rig, RID, watched->pasid, from->domain);
	answer = bystander_ask(watched);
	assert_true(is_end(from, &answer));
	watched->old = from;
	watched->new = to;
	watched->olds = watched->news = watched->invalids = watched->others = 0;
	watched->watching = true;
	if (to->domain)
		rig_attach(rig, RID, watched->pasid, to->domain);
	else
		rig_detach(rig, RID, watched->pasid);
	watched->watching = false;
	answer = bystander_ask(watched);
	assert_true(is_end(to, &answer));
	assert_int_equal(watched->others, 0);
	if (hitless)
		assert_int_equal(watched->invalids, 0);
	if (to->domain)
		rig_detach(rig, RID, watched->pasid);
}

#define ENDS 7

/* What a route can lead to: maps of one width and of another, blocked, nothing, and
 * identity. */
static void ends_make(struct rig *rig, const struct watched *watched, bool beside,
		      struct end end[ENDS])
{
	struct domain_config silent = {.kind = DOMAIN_BLOCKED, .silent = true};
	bool pasid = watched->pasid != NONE;
	struct domain *domain;

	for (unsigned i = 0; i < 3; i++) {
		domain = rig_domain(rig, DOMAIN_KERNEL, i == 2 ? 39 : 0);
		end[i] = end_at(rig, domain, TARGET + i * G);
		rig_map(rig, domain, IOVA, end[i].pa, 4096, RW);
	}
	/* 5.2: S1DSS ends requests without PASID beside others. */
	end[3] = end_with(rig_domain(rig, DOMAIN_BLOCKED, 0), pasid    ? BAD_CD
							      : beside ? STREAM_DISABLED
								       : BAD_STE);
	assert_int_equal(rig->ops->domain_create(rig->driver, &silent, &domain), 0);
	end[4] = end_with(domain, pasid || beside ? TRANSLATION : SILENT);
	end[5] = end_with(NULL, pasid ? BAD_CD : beside ? STREAM_DISABLED : SILENT);
	end[6] = end_at(rig, rig_domain(rig, DOMAIN_IDENTITY, 0), IOVA);
}

static void an_entry_is_old_new_or_invalid_while_it_changes(void **state)
{
	static struct rig rig;
	struct watched watched;

	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		bool pasid = mode == 2, beside = mode >= 2;
		struct end end[ENDS];
		struct domain *other;

		watched_begin(&watched, &rig, mode != 1);
		watched.pasid = pasid ? 5 : NONE;
		rig_device(&rig, RID);
		ends_make(&rig, &watched, beside, end);
		other = rig_domain(&rig, DOMAIN_KERNEL, 0);
		if (beside)
			rig_attach(&rig, RID, 9, other);
		for (unsigned i = 0; i < ENDS; i++) {
			for (unsigned j = 0; j < ENDS; j++) {
				/* S1DSS is one word: stage 1 to bypass and back. */
				bool hitless =
					beside && !pasid && (i == 6 ? j < 3 : j == 6 && i < 3);

				if (i != j && (!pasid || (i != 6 && j != 6)))
					change_watch(&watched, &end[i], &end[j], hitless);
			}
		}
		watched_end(&watched);
	}
}

/* Stage 1 is switched on for PASIDs while requests without one pass: they meet their own
 * address all the time. */
static void the_first_pasid_does_not_lead_others_astray(void **state)
{
	static struct rig rig;
	struct watched watched;
	struct domain *domain;
	struct end identity;

	(void)state;
	watched_begin(&watched, &rig, true);
	watched.pasid = NONE;
	rig_device(&rig, RID);
	identity = end_at(&rig, rig_domain(&rig, DOMAIN_IDENTITY, 0), IOVA);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig_attach(&rig, RID, NONE, identity.domain);
	watched.old = watched.new = &identity;
	watched.watching = true;
	rig_attach(&rig, RID, 5, domain);
	rig_detach(&rig, RID, 5);
	watched.watching = false;
	assert_int_equal(watched.invalids, 0);
	assert_int_equal(watched.others, 0);
	assert_true(watched.olds > 0);
	watched_end(&watched);
}

/* A user's table over the parent, from and to the parent alone. */
static void a_nested_entry_is_never_half_of_another(void **state)
{
	static struct rig rig;
	struct watched watched;
	struct domain *parent, *nested;
	struct end ends[3];

	(void)state;
	watched_begin(&watched, &rig, true);
	assert_int_equal(ioasim_memory_add_ram(rig.memory, GUEST_RAM, 16 * M), 0);
	watched.pasid = NONE;
	rig_device(&rig, RID);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	rig_map(&rig, parent, 0, GUEST_RAM, 16 * M, RW);
	rig_map(&rig, parent, IOVA, TARGET, 4096, RW);
	guest_map(&rig, IOVA, 4 * M);
	guest_cd(&rig, 0, 5);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 0);
	ends[0] = end_at(&rig, parent, TARGET);
	ends[1] = end_at(&rig, nested, GUEST_RAM + 4 * M);
	ends[1].tag |= 5; /* the guest's ASID */
	ends[2] = end_with(NULL, SILENT);
	for (unsigned i = 0; i < 2; i++) {
		/* T18: stage 2 stays, and one word switches stage 1. */
		change_watch(&watched, &ends[i], &ends[!i], true);
		change_watch(&watched, &ends[2], &ends[i], false);
		change_watch(&watched, &ends[i], &ends[2], false);
	}
	watched_end(&watched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_old_new_or_invalid_while_it_changes),
		cmocka_unit_test(the_first_pasid_does_not_lead_others_astray),
		cmocka_unit_test(a_nested_entry_is_never_half_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
