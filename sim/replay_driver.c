/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replay at driver level: domains, devices, attachments, maps and unmaps go through
 * the driver of an architecture, which programs the unit; DMA goes through the unit,
 * and where the trace knows the answer it is compared: answered or refused, and the
 * physical address. Page sizes and rights beyond the access are the driver's own. Every
 * access is judged by the security rules (rules.h), whatever the trace knows of it.
 */
#include "replay.h"

#include "cmd.h"
#include "idmap.h"
#include "relocate.h"
#include "rules.h"
#include "windows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A domain of the trace. The driver has it from its making on, or, if it is nested,
 * from its binding to a user's table. */
struct slot {
	struct domain *domain;
	uint32_t parent; /* number, of a nested domain */
	struct domain_config config;
	struct window_list windows; /* of kernel kinds */
};

struct driver_replay {
	struct replay_run run; /* first: struct replay_level */
	const struct driver_ops *ops;
	struct driver *driver;
	struct idmap slots; /* of domains, by the trace's number */
	bool user_memory; /* memory words are the user's tables, not the driver's */
	struct idmap attachments; /* slots by requester and PASID, to look addresses up */
	struct relocation relocation;
	bool lazy;
	struct rules *rules; /* NULL: not judged */
	struct windows windows;
	uint64_t key; /* of the last access, with the slot that it went through */
	struct slot *through; /* NULL: to be found */
};

/* ---- The driver's calls ---------------------------------------------------------- */

static struct domain *domain_find(const struct driver_replay *replay, uint32_t number)
{
	const struct slot *slot = idmap_get(&replay->slots, number);

	return slot ? slot->domain : NULL;
}

static uint32_t pasid_of(const struct trace_record *record)
{
	return record->flags & TRACE_PASID ? record->pasid : DRIVER_NO_PASID;
}

static uint64_t attachment_key(const struct trace_record *record)
{
	return (uint64_t)record->rid << 32 | pasid_of(record);
}

static bool nested(const struct slot *slot)
{
	return slot->config.kind == DOMAIN_NESTED || slot->config.kind == DOMAIN_NESTED_PASID;
}

static int make_domain(struct driver_replay *replay, const struct trace_record *record)
{
	struct slot *slot;
	int status;

	if (idmap_get(&replay->slots, record->domain))
		return -EEXIST;
	if (record->size > DOMAIN_SVA)
		return -EINVAL;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	slot->config.kind = (enum domain_kind)record->size;
	if (nested(slot)) {
		slot->parent = record->rid;
		status = domain_find(replay, slot->parent) ? 0 : -ENOENT;
	} else {
		status = replay->ops->domain_create(replay->driver, &slot->config, &slot->domain);
		slot->windows.domain = slot->domain;
	}
	if (status == 0)
		status = idmap_put(&replay->slots, record->domain, slot);
	if (status == 0 && replay->rules)
		status = rules_domain(replay->rules, record->domain, slot->config.kind,
				      slot->parent);
	if (status) {
		(void)idmap_put(&replay->slots, record->domain, NULL);
		if (slot->domain)
			(void)replay->ops->domain_destroy(replay->driver, slot->domain);
		free(slot);
	}
	return status;
}

static void slot_free(struct slot *slot)
{
	if (slot)
		window_list_fini(&slot->windows);
	free(slot);
}

static int free_domain(struct driver_replay *replay, const struct trace_record *record)
{
	struct slot *slot = idmap_get(&replay->slots, record->domain);
	int status = 0;

	if (!slot)
		return -ENOENT;
	if (slot->domain)
		status = replay->ops->domain_destroy(replay->driver, slot->domain);
	if (status)
		return status;
	if (replay->rules)
		rules_domain_gone(replay->rules, record->domain);
	windows_gone(&replay->windows, &slot->windows);
	slot_free(slot);
	return idmap_put(&replay->slots, record->domain, NULL);
}

static int bind(struct driver_replay *replay, const struct trace_record *record)
{
	struct slot *slot = idmap_get(&replay->slots, record->domain);

	if (!slot)
		return -ENOENT;
	if (!nested(slot) || slot->domain)
		return -EINVAL;
	slot->config.parent = domain_find(replay, slot->parent);
	if (!slot->config.parent)
		return -ENOENT;
	slot->config.root = record->value;
	memcpy(slot->config.arch_data, record->words, sizeof(slot->config.arch_data));
	return replay->ops->domain_create(replay->driver, &slot->config, &slot->domain);
}

static int unbind(struct driver_replay *replay, const struct trace_record *record)
{
	struct slot *slot = idmap_get(&replay->slots, record->domain);
	int status;

	if (!slot || !slot->domain)
		return -ENOENT;
	if (!nested(slot))
		return -EINVAL;
	status = replay->ops->domain_destroy(replay->driver, slot->domain);
	if (status == 0)
		slot->domain = NULL;
	return status;
}

static int add_device(struct driver_replay *replay, const struct trace_record *record)
{
	const struct driver_device device = {
		.requester_id = record->rid,
		.pasid_bits = record->size,
		.ats = (record->flags & TRACE_ATS_ON) != 0,
		.pri = (record->flags & TRACE_PRI_ON) != 0,
	};

	return replay->ops->device_add(replay->driver, &device);
}

static int attach(struct driver_replay *replay, const struct trace_record *record)
{
	struct slot *slot = idmap_get(&replay->slots, record->domain);
	int status;

	if (!slot || !slot->domain)
		return -ENOENT;
	status = replay->ops->attach(replay->driver, record->rid, pasid_of(record), slot->domain);
	if (status == 0 && replay->rules)
		status = rules_attached(replay->rules, record->rid, pasid_of(record),
					record->domain);
	return status ? status : idmap_put(&replay->attachments, attachment_key(record), slot);
}

static int detach(struct driver_replay *replay, const struct trace_record *record)
{
	int status;

	(void)idmap_put(&replay->attachments, attachment_key(record), NULL);
	status = replay->ops->detach(replay->driver, record->rid, pasid_of(record));
	if (status == 0 && replay->rules)
		rules_detached(replay->rules, record->rid, pasid_of(record));
	return status;
}

/* What the driver has taken counts; a refused call has changed nothing. */
static int map_one(struct driver_replay *replay, const struct slot *slot,
		   const struct trace_record *record, const struct rules_map *map)
{
	int status = replay->ops->map(replay->driver, slot->domain, map->first, map->pa,
				      map->last - map->first + 1, map->access);

	if (status == 0 && replay->rules)
		status = rules_mapped(replay->rules, record->domain, map);
	return status;
}

static int unmap_one(struct driver_replay *replay, struct slot *slot,
		     const struct trace_record *record, uint64_t address, uint64_t length)
{
	uint64_t unmapped = 0;
	int status = replay->ops->unmap(replay->driver, slot->domain, address, length, &unmapped);

	replay->windows.record = replay->run.record;
	if (status == 0 && unmapped)
		status = windows_unmapped(&replay->windows, &slot->windows);
	if (status == 0 && replay->rules)
		status = rules_unmapped(replay->rules, record->domain, address,
					address + (length - 1));
	return status;
}

static int unmap_parts(struct driver_replay *replay, struct slot *slot,
		       const struct trace_record *record, uint64_t length)
{
	struct relocated part;
	int status = 0;

	for (uint64_t at = 0; status == 0 && at < length; at += part.length) {
		part = relocate_part(&replay->relocation, record->address, length, at);
		status = unmap_one(replay, slot, record, part.address, part.length);
	}
	return status;
}

/* All or nothing, as a map in one part is. */
static int map_parts(struct driver_replay *replay, struct slot *slot,
		     const struct trace_record *record)
{
	struct relocated part;
	int status = 0;

	for (uint64_t at = 0; at < record->length; at += part.length) {
		part = relocate_part(&replay->relocation, record->address, record->length, at);
		status = map_one(replay, slot, record,
				 &(struct rules_map){part.address, part.address + (part.length - 1),
						     record->value + at, record->access});
		if (status) {
			(void)unmap_parts(replay, slot, record, at);
			return status;
		}
		replay->run.result->driver_relocated += part.moved;
	}
	return 0;
}

/*
 * A user's change. Who invalidates everything, and not only leaves, may have changed
 * entries of his own PASID table too.
 */
static int invalidate(struct driver_replay *replay, const struct slot *slot,
		      const struct trace_record *record)
{
	struct driver_invalidation what = {
		.requester_id = DRIVER_ALL_DEVICES,
		.pasid = pasid_of(record),
		.first = record->address,
		.last = record->length ? record->address + (record->length - 1) : UINT64_MAX,
		.leaf = (record->flags & TRACE_LEAF) != 0,
	};

	if (slot->config.kind == DOMAIN_NESTED_PASID && !what.leaf && !what.first &&
	    what.last == UINT64_MAX)
		what.cache = DRIVER_INV_PASID;
	return replay->ops->invalidate(replay->driver, slot->domain, &what);
}

/* Calls that name a domain. */
static int call_domain(struct driver_replay *replay, const struct trace_record *record)
{
	struct slot *slot = idmap_get(&replay->slots, record->domain);
	bool parts = replay->relocation.ranges && record->length && slot && !nested(slot);

	if (!slot || !slot->domain)
		return -ENOENT;
	switch (record->kind) {
	case TRACE_MAP:
		return parts ? map_parts(replay, slot, record)
			     : map_one(replay, slot, record,
				       &(struct rules_map){record->address,
							   record->address + (record->length - 1),
							   record->value, record->access});
	case TRACE_UNMAP:
		return parts ? unmap_parts(replay, slot, record, record->length)
			     : unmap_one(replay, slot, record, record->address, record->length);
	default:
		return invalidate(replay, slot, record);
	}
}

static int respond(struct driver_replay *replay, const struct trace_record *record)
{
	const struct ioasim_page_response response = {
		.requester_id = record->rid,
		.pasid = record->flags & TRACE_PASID ? record->pasid : 0,
		.group = (uint16_t)record->value,
		.code = record->size,
		.has_pasid = (record->flags & TRACE_PASID) != 0,
	};

	return replay->ops->page_response(replay->driver, &response);
}

static int request_page(struct driver_replay *replay, const struct trace_record *record)
{
	struct ioasim_page_request taken;

	replay_page_request(&replay->run, record);
	/* The queue would be full one day: software takes what has been stored. */
	while (replay->ops->page_request_next(replay->driver, &taken) == 0)
		continue;
	return 0;
}

static int sync_all(struct driver_replay *replay)
{
	int status = replay->ops->sync(replay->driver);

	if (status == 0 && replay->rules)
		rules_synced(replay->rules);
	return status;
}

/* 1: not a call of the driver level. */
static int call(struct driver_replay *replay, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_DOMAIN:
		return make_domain(replay, record);
	case TRACE_DOMAIN_FREE:
		return free_domain(replay, record);
	case TRACE_BIND:
		return bind(replay, record);
	case TRACE_UNBIND:
		return unbind(replay, record);
	case TRACE_DEVICE:
		return add_device(replay, record);
	case TRACE_ATTACH:
		return attach(replay, record);
	case TRACE_DETACH:
		return detach(replay, record);
	case TRACE_MAP:
	case TRACE_UNMAP:
	case TRACE_INVALIDATE:
		return call_domain(replay, record);
	case TRACE_PAGE_REQUEST:
		return request_page(replay, record);
	case TRACE_PAGE_RESPONSE:
		return respond(replay, record);
	case TRACE_SYNC:
		return sync_all(replay);
	default:
		return 1;
	}
}

static void do_call(struct driver_replay *replay, const struct trace_record *record)
{
	struct result *result = replay->run.result;
	int status;

	replay_begins(&replay->run, record);
	status = call(replay, record);
	replay->through = NULL;
	windows_called(&replay->windows, replay->ops->stats(replay->driver), false);
	replay_ends(&replay->run, record, status);
	if (status == 1)
		return;
	result->driver_calls++;
	if (status == 0)
		return;
	result->driver_refused++;
	result_differs(result, &(struct result_mismatch){
				       .record = replay->run.record,
				       .what = strerrordesc_np(-status),
				       .rid = record->rid,
				       .address = record->address,
				       .found = (uint64_t)(int64_t)status,
			       });
}

/* ---- DMA --------------------------------------------------------------------------- */

/*
 * Under the lazy policy an address stays reachable between its unmap and the flush, as
 * on real machines: the driver's tables say what was recorded, and the unit does not
 * know yet.
 */
static bool in_lazy_window(struct driver_replay *replay, const struct trace_record *record)
{
	const struct slot *slot = idmap_get(&replay->attachments, attachment_key(record));
	unsigned access;
	ioasim_pa_t pa;
	int status;

	if (!replay->lazy || !slot)
		return false;
	status = replay->ops->lookup(replay->driver, slot->domain, record->address, &pa, &access);
	if (record->flags & TRACE_REFUSED)
		return status == -ENOENT;
	return status == 0 && pa == record->value;
}

static void differs(struct driver_replay *replay, const struct trace_record *record,
		    const struct ioasim_response *response, enum result_difference difference)
{
	bool pa = difference == RESULT_PA;
	bool refused = (record->flags & TRACE_REFUSED) != 0;

	replay->run.result->recorded.mismatched++;
	replay->run.result->difference[difference]++;
	result_differs(replay->run.result,
		       &(struct result_mismatch){
			       .record = replay->run.record,
			       .what = pa ? "physical address" : "answered or refused",
			       .rid = record->rid,
			       .address = record->address,
			       .recorded = pa ? record->value : !refused,
			       .found = pa ? response->pa : replay_answered(response),
		       });
}

static void note_stale(struct driver_replay *replay, const struct trace_record *record,
		       enum result_staleness staleness)
{
	result_stale(replay->run.result, &(struct result_stale){
						 .record = replay->run.record,
						 .rid = record->rid,
						 .pasid = record->pasid,
						 .address = record->address,
						 .pa = record->value,
						 .staleness = (uint8_t)staleness,
					 });
}

static int difference_of(const struct trace_record *record, const struct ioasim_response *response)
{
	if (replay_answered(response) == ((record->flags & TRACE_REFUSED) != 0))
		return RESULT_OUTCOME;
	return replay_answered(response) && response->pa != record->value ? RESULT_PA : -1;
}

static void check(struct driver_replay *replay, const struct trace_record *record,
		  const struct ioasim_response *response)
{
	struct result *result = replay->run.result;
	int difference;

	if (!(record->flags & TRACE_ANSWERED))
		return;
	result->recorded.compared++;
	difference = difference_of(record, response);
	/* The drivers here do not forget invalidations; a lazy one delays them. */
	if (__builtin_expect(record->flags & TRACE_STALE, 0))
		note_stale(replay, record,
			   difference < 0 ? RESULT_REPRODUCED : RESULT_NOT_REPRODUCED);
	if (__builtin_expect(difference < 0, 1))
		result->recorded.matched++;
	else if (record->flags & TRACE_STALE)
		return;
	else if (replay_answered(response) && in_lazy_window(replay, record))
		result->stale_window++;
	else
		differs(replay, record, response, (enum result_difference)difference);
}

static struct slot *slot_through(struct driver_replay *replay, const struct trace_record *record)
{
	struct slot *slot = idmap_get(&replay->attachments, attachment_key(record));

	/* A user's PASID table has every PASID of the requester. */
	if (!slot && record->flags & TRACE_PASID)
		slot = idmap_get(&replay->attachments,
				 (uint64_t)record->rid << 32 | DRIVER_NO_PASID);
	return slot && nested(slot) ? idmap_get(&replay->slots, slot->parent) : slot;
}

/* An access goes through the domain whose maps it uses; what nobody attached is nobody's. */
static void count_access(struct driver_replay *replay, const struct trace_record *record)
{
	uint64_t key = attachment_key(record);

	if (!replay->through || replay->key != key) {
		replay->through = slot_through(replay, record);
		replay->key = key;
	}
	if (replay->through)
		replay->through->windows.accesses++;
}

static void judge(struct driver_replay *replay, const struct trace_record *record,
		  const struct ioasim_response *response)
{
	const struct ioasim_request request = replay_request(record);

	rules_judge(replay->rules, &request, response);
}

/* ---- The trace ---------------------------------------------------------------------- */

/* Where the address of an access is one that is moved, and the device's domain has its
 * maps there moved too: a copy with the new one, else the record itself. */
static const struct trace_record *moved(struct driver_replay *replay,
					const struct trace_record *record,
					struct trace_record *copy)
{
	const struct slot *slot;

	if (__builtin_expect(!relocate_moves(&replay->relocation, record->address), 1) ||
	    (record->kind != TRACE_DMA && record->kind != TRACE_ATS &&
	     record->kind != TRACE_PAGE_REQUEST) ||
	    record->flags & TRACE_TRANSLATED)
		return record;
	slot = idmap_get(&replay->attachments, attachment_key(record));
	if (slot && (nested(slot) || slot->config.kind == DOMAIN_IDENTITY))
		return record;
	*copy = *record;
	copy->address += RELOCATE_DISTANCE;
	replay->run.result->driver_relocated++;
	return copy;
}

static void tick(struct driver_replay *replay, uint64_t time_ns)
{
	replay_ticks(&replay->run, windows_due(&replay->windows, time_ns));
	(void)replay->ops->tick(replay->driver, time_ns);
	windows_called(&replay->windows, replay->ops->stats(replay->driver), true);
}

static int feed(struct replay_run *run, const struct trace_record *records, size_t count)
{
	struct driver_replay *replay = (struct driver_replay *)run;
	struct ioasim_response response;
	struct trace_record copy;

	for (size_t i = 0; i < count; i++) {
		const struct trace_record *record = moved(replay, &records[i], &copy);

		replay->run.record++;
		windows_at(&replay->windows, record->time_ns);
		if (replay->lazy)
			tick(replay, record->time_ns);
		if (replay->rules)
			rules_at(replay->rules, replay->run.record, record->time_ns);
		if (record->kind == TRACE_MEMORY || record->kind == TRACE_ABORT) {
			if (replay->user_memory && replay_memory(&replay->run, record))
				return CMD_INPUT;
			continue;
		}
		if (record->kind != TRACE_DMA && record->kind != TRACE_ATS) {
			do_call(replay, record);
			continue;
		}
		if (!replay_translate(&replay->run, record, &response))
			return replay_fail(&replay->run, "%s", strerror(ENOMEM));
		if (replay->lazy && record->kind == TRACE_DMA)
			count_access(replay, record);
		if (replay->run.replay->check)
			check(replay, record, &response);
		if (replay->rules)
			judge(replay, record, &response);
	}
	return 0;
}

static int start_driver(struct driver_replay *replay)
{
	const struct machine *machine = replay->run.replay->machine;
	int status;

	if (!replay->ops) {
		message_error(replay->run.replay->message, NULL,
			      "this version has no driver of %s: expected --level unit",
			      machine->arch->name);
		return CMD_USAGE;
	}
	status = replay->ops->create(replay->run.unit, replay->run.memory, &machine->driver,
				     &replay->driver);
	if (status == 0)
		return 0;
	message_error(replay->run.replay->message, NULL, "the driver of %s cannot start: %s",
		      machine->arch->name,
		      status == -ENOTSUP ? "the unit lacks what the machine's `driver` keys want"
					 : strerrordesc_np(-status));
	return CMD_INPUT;
}

static int start(struct replay_run *run)
{
	static const struct ioasim_unit_callbacks silent = {0};
	struct driver_replay *replay = (struct driver_replay *)run;
	const struct machine *machine = run->replay->machine;
	const struct trace_meta *meta = run->replay->meta;
	int status;

	replay->ops = machine->arch->driver;
	replay->lazy = machine->driver.policy == DRIVER_LAZY;
	replay->user_memory = !(meta->levels & TRACE_LEVEL_UNIT);
	replay->relocation = relocation_between(meta->arch, machine->arch);
	status = replay_build(run, run->replay, &silent, NULL);
	if (status == 0)
		status = start_driver(replay);
	windows_init(&replay->windows, replay->ops, &machine->driver, &run->result->windows);
	replay->windows.tell = replay_window;
	replay->windows.opaque = run;
	if (status || !run->replay->check)
		return status;
	replay->rules = rules_create(&machine->driver, &run->result->rules);
	return replay->rules ? 0 : replay_fail(run, "%s", strerror(ENOMEM));
}

static void end(struct replay_run *run)
{
	struct driver_replay *replay = (struct driver_replay *)run;

	if (replay->driver) {
		run->result->driver = *replay->ops->stats(replay->driver);
		windows_end(&replay->windows);
		result_finish(run->result, run->unit);
		replay->ops->destroy(replay->driver);
	}
	for (size_t i = 0; i < replay->slots.slots; i++)
		slot_free(replay->slots.slot[i].value);
	idmap_fini(&replay->slots);
	idmap_fini(&replay->attachments);
	rules_destroy(replay->rules);
}

const struct replay_level replay_driver_level = {sizeof(struct driver_replay), start, feed, end};
