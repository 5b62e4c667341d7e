/* SPDX-License-Identifier: Apache-2.0 */
#include "lift.h"

#include <errno.h>
#include <stdlib.h>

#include "idmap.h"
#include "model/interval.h"

struct lift {
	lift_put_fn *put;
	void *opaque;
	uint64_t time_ns;
	struct interval_map pages; /* by domain */
	struct idmap devices; /* known by this: */
	struct idmap domains;
	struct idmap attachments; /* domain plus 1, by requester and PASID */
};

int lift_new(lift_put_fn *put, void *opaque, struct lift **out)
{
	struct lift *lift = calloc(1, sizeof(*lift));

	if (!lift)
		return -ENOMEM;
	lift->put = put;
	lift->opaque = opaque;
	*out = lift;
	return 0;
}

void lift_free(struct lift *lift)
{
	if (!lift)
		return;
	interval_fini(&lift->pages);
	idmap_fini(&lift->devices);
	idmap_fini(&lift->domains);
	idmap_fini(&lift->attachments);
	free(lift);
}

void lift_time(struct lift *lift, uint64_t time_ns)
{
	lift->time_ns = time_ns;
}

size_t lift_count(const struct lift *lift)
{
	return lift->pages.count;
}

/* ---- Devices and domains ------------------------------------------------------- */

static struct trace_record record_of(const struct lift *lift, enum trace_kind kind)
{
	return (struct trace_record){
		.time_ns = lift->time_ns, .kind = (uint8_t)kind, .pasid = TRACE_NO_PASID};
}

/* Is it new? Marks it as known. Negative: -ENOMEM. */
static int is_new(struct idmap *map, uint64_t key)
{
	int status;

	if (idmap_get(map, key))
		return 0;
	status = idmap_put(map, key, map);
	return status < 0 ? status : 1;
}

int lift_device(struct lift *lift, uint32_t rid)
{
	struct trace_record record = record_of(lift, TRACE_DEVICE);
	int status = is_new(&lift->devices, rid);

	if (status <= 0)
		return status;
	record.rid = rid;
	return lift->put(lift->opaque, &record);
}

static int know_domain(struct lift *lift, uint32_t domain, uint8_t kind)
{
	struct trace_record record = record_of(lift, TRACE_DOMAIN);
	int status = is_new(&lift->domains, domain);

	if (status <= 0)
		return status;
	record.domain = domain;
	record.size = kind;
	return lift->put(lift->opaque, &record);
}

static uint64_t attachment_key(uint32_t rid, uint32_t pasid)
{
	return (uint64_t)rid << 32 | pasid;
}

bool lift_attached(const struct lift *lift, uint32_t rid, uint32_t pasid, uint32_t *domain)
{
	const void *value = idmap_get(&lift->attachments, attachment_key(rid, pasid));

	if (value)
		*domain = (uint32_t)((uintptr_t)value - 1);
	return value;
}

/* A domain's number is kept in the pointer, which has more bits than it. */
int lift_attach(struct lift *lift, const struct lift_target *target)
{
	struct trace_record record = record_of(lift, TRACE_ATTACH);
	uint32_t present;
	int status;

	if (lift_attached(lift, target->rid, target->pasid, &present) && present == target->domain)
		return 0;
	status = know_domain(lift, target->domain, target->kind);
	if (status == 0)
		status = lift_device(lift, target->rid);
	if (status == 0)
		status = idmap_put(&lift->attachments, attachment_key(target->rid, target->pasid),
				   (void *)((uintptr_t)target->domain + 1));
	if (status < 0)
		return status;
	record.rid = target->rid;
	record.pasid = target->pasid;
	record.flags = target->pasid == TRACE_NO_PASID ? 0 : TRACE_PASID;
	record.domain = target->domain;
	return lift->put(lift->opaque, &record);
}

/* ---- Pages ----------------------------------------------------------------------- */

static int unmap(struct lift *lift, const struct interval_place *place,
		 const struct interval *interval)
{
	struct trace_record record = record_of(lift, TRACE_UNMAP);

	record.domain = (uint32_t)interval->space;
	record.address = interval->first;
	record.length = interval->last - interval->first + 1;
	interval_remove(&lift->pages, place);
	return lift->put(lift->opaque, &record);
}

/* What [first, last] touches goes, whole. */
static int unmap_range(struct lift *lift, uint32_t domain, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *interval;
	int status = 0;

	while (status == 0 && (interval = interval_find(&lift->pages, domain, first, &place)) &&
	       interval->first <= last)
		status = unmap(lift, &place, interval);
	return status;
}

static int map(struct lift *lift, const struct interval *page)
{
	struct trace_record record = record_of(lift, TRACE_MAP);
	int status = interval_insert(&lift->pages, page);

	if (status < 0)
		return status;
	record.domain = (uint32_t)page->space;
	record.address = page->first;
	record.value = page->value;
	record.length = page->last - page->first + 1;
	record.access = page->access;
	return lift->put(lift->opaque, &record);
}

/* Does what is known already say all that the answer says? */
static bool is_known(const struct lift *lift, const struct interval *page)
{
	struct interval_place place;
	const struct interval *interval;
	uint64_t at = page->first;

	interval = interval_find(&lift->pages, page->space, at, &place);
	while (interval && interval->first <= at &&
	       interval->value - interval->first == page->value - page->first &&
	       (page->access & ~interval->access) == 0) {
		if (interval->last >= page->last)
			return true;
		at = interval->last + 1;
		interval = interval_next(&lift->pages, &place);
	}
	return false;
}

/* Rights that the same page has shown before are kept: an answer need not show all. */
static uint8_t earlier_rights(const struct lift *lift, const struct interval *page)
{
	struct interval_place place;
	const struct interval *interval =
		interval_find(&lift->pages, page->space, page->first, &place);

	if (!interval || interval->first != page->first || interval->last != page->last ||
	    interval->value != page->value)
		return 0;
	return interval->access;
}

int lift_answer(struct lift *lift, const struct lift_answer *answer)
{
	unsigned lg2 = answer->size_lg2 < 12 ? 12 : answer->size_lg2;
	uint64_t mask = lg2 < 64 ? (UINT64_C(1) << lg2) - 1 : UINT64_MAX;
	struct interval page = {.space = answer->domain,
				.first = answer->iova & ~mask,
				.last = answer->iova | mask,
				.value = answer->pa & ~mask,
				.access = answer->access};
	int status = know_domain(lift, answer->domain, 0);

	/* A length of 2^64 cannot be told; no table has such a page. */
	if (status < 0 || lg2 >= 64 || is_known(lift, &page))
		return status;
	page.access |= earlier_rights(lift, &page);
	status = unmap_range(lift, answer->domain, page.first, page.last);
	return status < 0 ? status : map(lift, &page);
}

int lift_refusal(struct lift *lift, uint32_t domain, uint64_t iova, uint8_t access)
{
	struct interval_place place;
	const struct interval *interval = interval_find(&lift->pages, domain, iova, &place);

	if (!interval || interval->first > iova || access & ~interval->access)
		return 0;
	return unmap(lift, &place, interval);
}

int lift_invalidate(struct lift *lift, uint32_t domain, uint64_t first, uint64_t last)
{
	return unmap_range(lift, domain, first, last);
}

int lift_invalidate_domain(struct lift *lift, uint32_t domain)
{
	return unmap_range(lift, domain, 0, UINT64_MAX);
}

int lift_invalidate_all(struct lift *lift)
{
	const struct interval *interval;
	int status = 0;

	while (status == 0 && (interval = interval_first(&lift->pages)))
		status = unmap(lift, &(const struct interval_place){0, 0}, interval);
	return status;
}

unsigned lift_page_lg2(const struct lift *lift, uint32_t domain, uint64_t iova)
{
	struct interval_place place;
	const struct interval *interval = interval_find(&lift->pages, domain, iova, &place);
	uint64_t size;

	if (!interval || interval->first > iova)
		return 0;
	size = interval->last - interval->first + 1;
	return size & (size - 1) ? 0 : (unsigned)__builtin_ctzll(size);
}
