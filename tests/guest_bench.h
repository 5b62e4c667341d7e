/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest on the bench for drivers: its memory, its tables over a parent's, on every
 * architecture: a route per table on vtd, a PASID table elsewhere.
 */
#ifndef TESTS_GUEST_BENCH_H
#define TESTS_GUEST_BENCH_H

#include "driver_bench.h"
#include "model/guest.h"

#define GUEST_RAM         (UINT64_C(3) << 30) /* where guest address 0 is */
#define GUEST_BYTES       (UINT64_C(4) << 20)
#define GUEST_PASID_TABLE UINT64_C(0x10000)

struct guest_bench {
	struct rig rig;
	struct guest_memory memory;
	const struct guest_ops *ops;
	struct domain *parent;
	bool host_pasids; /* the PASID table is the host's */
};

static inline int guest_read(void *opaque, uint64_t gpa, uint64_t *word)
{
	struct guest_bench *bench = opaque;

	return gpa < GUEST_BYTES ? ioasim_memory_read64(bench->rig.memory, GUEST_RAM + gpa, word)
				 : -EFAULT;
}

static inline int guest_write(void *opaque, uint64_t gpa, uint64_t word)
{
	struct guest_bench *bench = opaque;

	return gpa < GUEST_BYTES ? ioasim_memory_write64(bench->rig.memory, GUEST_RAM + gpa, word)
				 : -EFAULT;
}

/* The guest's memory is mapped one to one from address 0. */
static inline void guest_begin(struct guest_bench *bench, const char *arch, bool caches,
			       unsigned (*command_type)(uint64_t word0))
{
	const struct ioasim_arch *found = arch_find(arch);

	rig_prepare_arch(&bench->rig, arch, command_type);
	if (!caches)
		ioasim_unit_config_no_caches(&bench->rig.unit_config);
	rig_start(&bench->rig);
	assert_int_equal(ioasim_memory_add_ram(bench->rig.memory, GUEST_RAM, GUEST_BYTES), 0);
	bench->ops = found->guest;
	bench->host_pasids = !found->guest->pasid_words;
	bench->memory = (struct guest_memory){bench, guest_read, guest_write};
	bench->parent = rig_domain(&bench->rig, DOMAIN_NEST_PARENT, 0);
	rig_map(&bench->rig, bench->parent, 0, GUEST_RAM, GUEST_BYTES, IOASIM_READ | IOASIM_WRITE);
}

/* A user's domain: of the table, or of the PASID table with it in entry `pasid`. */
static inline struct domain *guest_domain(struct guest_bench *bench, uint64_t root)
{
	struct domain_config config = {
		.kind = bench->host_pasids ? DOMAIN_NESTED : DOMAIN_NESTED_PASID,
		.parent = bench->parent,
		.root = bench->host_pasids ? root : GUEST_PASID_TABLE,
	};
	struct domain *domain = NULL;

	assert_int_equal(bench->rig.ops->domain_create(bench->rig.driver, &config, &domain), 0);
	return domain;
}

static inline void guest_set(struct guest_bench *bench, uint32_t pasid, uint64_t root, uint16_t tag)
{
	assert_int_equal(guest_pasid_set(bench->ops, &bench->memory, GUEST_PASID_TABLE, pasid, root,
					 tag),
			 0);
}

#endif
