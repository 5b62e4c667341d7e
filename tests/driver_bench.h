/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unit with its driver and a log of what the unit did, for the tests of drivers: what
 * is the same on every architecture. The unit has everything that is modelled; a test
 * changes the capabilities between the preparation and rig_start.
 */
#ifndef TESTS_DRIVER_BENCH_H
#define TESTS_DRIVER_BENCH_H

#include "model/arch.h"
#include "model/driver.h"
#include "model/pool.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define RIG_POOL      UINT64_C(0x100000000)
#define RIG_POOL_SIZE (UINT64_C(32) << 20)
#define RIG_NO_PASID  DRIVER_NO_PASID
#define RIG_EVENTS    4096u

enum rig_event_kind { RIG_COMMAND, RIG_ATC, RIG_RESPONSE };

struct rig_event {
	enum rig_event_kind kind;
	unsigned type; /* of a command: the architecture's number */
	uint64_t words[4];
	struct ioasim_atc_invalidation atc;
	struct ioasim_page_response response;
};

struct rig {
	struct ioasim_unit_config unit_config;
	struct driver_config config;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	const struct driver_ops *ops;
	struct driver *driver;
	unsigned (*command_type)(uint64_t word0);
	struct rig_event event[RIG_EVENTS];
	unsigned events;
};

static inline struct rig_event *rig_event(struct rig *rig, enum rig_event_kind kind)
{
	static struct rig_event overflow;
	struct rig_event *event = &overflow;

	if (rig->events < RIG_EVENTS)
		event = &rig->event[rig->events++];
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	return event;
}

static inline void rig_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct rig_event *event = rig_event(opaque, RIG_COMMAND);
	struct rig *rig = opaque;

	memcpy(event->words, words, (count < 4 ? count : 4) * sizeof(*words));
	event->type = rig->command_type(words[0]);
}

static inline void rig_atc(void *opaque, const struct ioasim_atc_invalidation *what)
{
	rig_event(opaque, RIG_ATC)->atc = *what;
}

static inline void rig_response(void *opaque, const struct ioasim_page_response *response)
{
	rig_event(opaque, RIG_RESPONSE)->response = *response;
}

static inline void rig_prepare_arch(struct rig *rig, const char *arch,
				    unsigned (*command_type)(uint64_t word0))
{
	memset(rig, 0, sizeof(*rig));
	assert_int_equal(ioasim_unit_config_init(&rig->unit_config, arch), 0);
	rig->command_type = command_type;
	rig->unit_config.callbacks.command = rig_command;
	rig->unit_config.callbacks.atc_invalidate = rig_atc;
	rig->unit_config.callbacks.page_response = rig_response;
	rig->unit_config.opaque = rig;
	rig->config.pool_base = RIG_POOL;
	rig->config.pool_size = RIG_POOL_SIZE;
	rig->ops = arch_find(arch)->driver;
	rig->memory = ioasim_memory_create();
	assert_non_null(rig->memory);
}

/* The unit and RAM for the pool; the driver is the caller's. */
static inline void rig_unit(struct rig *rig)
{
	const char *why = "";

	assert_int_equal(ioasim_memory_add_ram(rig->memory, RIG_POOL, RIG_POOL_SIZE), 0);
	if (ioasim_unit_create(&rig->unit_config, rig->memory, &rig->unit, &why))
		fail_msg("%s", why);
}

static inline void rig_start(struct rig *rig)
{
	rig_unit(rig);
	assert_int_equal(rig->ops->create(rig->unit, rig->memory, &rig->config, &rig->driver), 0);
}

static inline void rig_end(struct rig *rig)
{
	rig->ops->destroy(rig->driver);
	ioasim_unit_destroy(rig->unit);
	ioasim_memory_destroy(rig->memory);
}

static inline void rig_device(struct rig *rig, uint32_t requester_id)
{
	struct driver_device device = {
		.requester_id = requester_id,
		.pasid_bits = 20,
		.ats = true,
		.pri = true,
	};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

static inline struct domain *rig_domain(struct rig *rig, enum domain_kind kind, unsigned bits)
{
	struct domain_config config = {.kind = kind, .address_bits = bits};
	struct domain *domain = NULL;

	assert_int_equal(rig->ops->domain_create(rig->driver, &config, &domain), 0);
	return domain;
}

static inline struct ioasim_response rig_ask(struct rig *rig, uint32_t requester_id, uint32_t pasid,
					     uint64_t address, unsigned access,
					     enum ioasim_request_kind kind)
{
	struct ioasim_request request = {
		.requester_id = requester_id,
		.pasid = pasid == RIG_NO_PASID ? 0 : pasid,
		.has_pasid = pasid != RIG_NO_PASID,
		.address = address,
		.length = 1,
		.access = (uint8_t)access,
		.kind = (uint8_t)kind,
	};
	struct ioasim_response response;

	ioasim_translate(rig->unit, &request, &response);
	return response;
}

static inline struct ioasim_response rig_dma(struct rig *rig, uint32_t requester_id, uint32_t pasid,
					     uint64_t address, unsigned access)
{
	return rig_ask(rig, requester_id, pasid, address, access, IOASIM_UNTRANSLATED);
}

#define assert_reaches(rig, rid, pasid, address, rights, expected)                     \
	do {                                                                           \
		struct ioasim_response r_ = rig_dma(rig, rid, pasid, address, rights); \
		assert_int_equal(r_.outcome, IOASIM_OK);                               \
		assert_int_equal(r_.pa, expected);                                     \
	} while (0)

/* reason: the architecture's fault code */
#define assert_faults(rig, rid, pasid, address, rights, reason)                        \
	do {                                                                           \
		struct ioasim_response r_ = rig_dma(rig, rid, pasid, address, rights); \
		assert_int_equal(r_.outcome, IOASIM_FAULT);                            \
		assert_int_equal(r_.fault.code, reason);                               \
	} while (0)

/* Index of the first event from `from` on of this kind and type; fails if none. */
static inline unsigned rig_find(const struct rig *rig, unsigned from, enum rig_event_kind kind,
				unsigned type)
{
	for (unsigned i = from; i < rig->events; i++)
		if (rig->event[i].kind == kind &&
		    (kind != RIG_COMMAND || rig->event[i].type == type))
			return i;
	fail_msg("no event of kind %u, type %u from %u on", (unsigned)kind, type, from);
	return 0;
}

static inline unsigned rig_count(const struct rig *rig, enum rig_event_kind kind, unsigned type)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rig->events; i++)
		count += rig->event[i].kind == kind &&
			 (kind != RIG_COMMAND || rig->event[i].type == type);
	return count;
}

static inline uint64_t rig_seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t value = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", value);
	return value * 2 + 1;
}

static inline uint64_t rig_draw(uint64_t *state)
{
	*state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
	return *state;
}

static inline void rig_attach(struct rig *rig, uint32_t rid, uint32_t pasid, struct domain *domain)
{
	assert_int_equal(rig->ops->attach(rig->driver, rid, pasid, domain), 0);
}

static inline void rig_detach(struct rig *rig, uint32_t rid, uint32_t pasid)
{
	assert_int_equal(rig->ops->detach(rig->driver, rid, pasid), 0);
}

/* A user's change of a range on all devices; of everything: of his PASID table too. */
static inline int rig_invalidate(struct rig *rig, struct domain *domain, uint32_t pasid,
				 uint64_t first, uint64_t last, bool leaf)
{
	const struct driver_invalidation what = {
		.cache =
			!first && last == UINT64_MAX && !leaf ? DRIVER_INV_PASID : DRIVER_INV_IOTLB,
		.requester_id = DRIVER_ALL_DEVICES,
		.pasid = pasid,
		.first = first,
		.last = last,
		.leaf = leaf,
	};

	return rig->ops->invalidate(rig->driver, domain, &what);
}

static inline void rig_map(struct rig *rig, struct domain *domain, uint64_t iova, uint64_t pa,
			   uint64_t size, unsigned access)
{
	assert_int_equal(rig->ops->map(rig->driver, domain, iova, pa, size, access), 0);
}

static inline void rig_unmap(struct rig *rig, struct domain *domain, uint64_t iova, uint64_t size)
{
	uint64_t unmapped;

	assert_int_equal(rig->ops->unmap(rig->driver, domain, iova, size, &unmapped), 0);
	assert_int_equal(unmapped, size);
}

#endif
