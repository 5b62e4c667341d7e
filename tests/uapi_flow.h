/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows of the uAPI for tests: a machine of one architecture, a process with memory, one
 * descriptor of /dev/ioasid, and the calls in one line each, which return what the call
 * returned. Guests' tables are put together from bytes by uapi_flow.c.
 */
#ifndef TESTS_UAPI_FLOW_H
#define TESTS_UAPI_FLOW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <ioasim/ioasim.h>
#include <ioasim/system.h>

#define FLOW_MEMORY      UINT64_C(0x40000000)
#define FLOW_MEMORY_SIZE UINT64_C(0x1000000)
#define FLOW_NONE        IOASIM_NO_VPASID

#define FLOW_DEVICES 8

/* Rooms of the guest's tables, by its own addresses (GPA = address - FLOW_MEMORY). */
#define FLOW_TABLE       UINT64_C(0x100000)
#define FLOW_PASID_TABLE UINT64_C(0x200000)

struct flow_seen { /* commands of one class each, in order */
	uint8_t class[512];
	unsigned count;
};

struct flow {
	const char *arch;
	struct ioasim_system *system;
	int process;
	int fd;
	int device[FLOW_DEVICES], device_fd[FLOW_DEVICES];
	unsigned devices;
	struct flow_seen seen;
};

/* The same test for each architecture. */
#define FLOW_TESTS(test)                                                                          \
	{#test " (vtd)", test, flow_setup, flow_teardown, (void *)(uintptr_t) "vtd"},             \
		{#test " (amdvi)", test, flow_setup, flow_teardown, (void *)(uintptr_t) "amdvi"}, \
	{                                                                                         \
#test " (smmuv3)", test, flow_setup, flow_teardown, (void *)(uintptr_t) "smmuv3"  \
	}
#define FLOW_TEST_VTD(test)                                                                \
	{                                                                                  \
#test " (vtd)", test, flow_setup, flow_teardown, (void *)(uintptr_t) "vtd" \
	}
/* Where the guest owns PASID tables. */
#define FLOW_TESTS_GUEST(test)                                                                   \
	{#test " (amdvi)", test, flow_setup, flow_teardown, (void *)(uintptr_t) "amdvi"},        \
	{                                                                                        \
#test " (smmuv3)", test, flow_setup, flow_teardown, (void *)(uintptr_t) "smmuv3" \
	}

int flow_setup(void **state);
int flow_teardown(void **state);

/* Another machine in place of the fixture's. */
void flow_restart(struct flow *flow, const struct ioasim_system_config *config);
bool flow_is(const struct flow *flow, const char *arch);
/* The guest owns PASID tables here, as IOASIDs of kind pasid_table. */
bool flow_delegates(const struct flow *flow);

/* Adds, opens and binds devices; returns an index of flow->device. */
unsigned flow_add(struct flow *flow, const struct ioasim_device_config *config);
unsigned flow_pdev(struct flow *flow, uint32_t rid, uint32_t capabilities, unsigned pasid_bits);
unsigned flow_mdev(struct flow *flow, unsigned parent, uint32_t capabilities, unsigned pasid_bits);
int flow_bind(struct flow *flow, unsigned device, uint64_t cookie);

int flow_alloc(struct flow *flow, enum ioasim_ioasid_kind kind, int parent, uint64_t root,
	       uint32_t flags);
/* Kernel kind; and the architecture's user kind over a parent. */
int flow_kernel(struct flow *flow);
int flow_nest_parent(struct flow *flow);
int flow_user(struct flow *flow, int parent, uint32_t flags);
int flow_free(struct flow *flow, int ioasid);
int flow_map(struct flow *flow, int ioasid, uint64_t iova, uint64_t vaddr, uint64_t size);
int64_t flow_unmap(struct flow *flow, int ioasid, uint64_t iova, uint64_t size);
int flow_attach(struct flow *flow, unsigned device, int ioasid, uint32_t vpasid);
int flow_detach(struct flow *flow, unsigned device, int ioasid, uint32_t vpasid);
/* State and attachments of an IOASID. */
enum ioasim_ioasid_state flow_state(struct flow *flow, int ioasid);

/* One byte; `pasid` FLOW_NONE: none. */
struct ioasim_dma_result flow_dma(struct flow *flow, unsigned device, uint32_t pasid,
				  unsigned access, uint64_t address);
/* It reaches the byte of the process at `vaddr`; or it faults with a class, or two. */
void flow_reaches(struct flow *flow, const struct ioasim_dma_result *result, uint64_t vaddr);
#define FLOW_REACHES(flow, device, pasid, address, vaddr)                            \
	do {                                                                         \
		struct ioasim_dma_result got_ =                                      \
			flow_dma((flow), (device), (pasid), IOASIM_READ, (address)); \
		flow_reaches((flow), &got_, (vaddr));                                \
	} while (0)
#define FLOW_FAULTS(flow, device, pasid, access, address, which)                  \
	do {                                                                      \
		struct ioasim_dma_result got_ =                                   \
			flow_dma((flow), (device), (pasid), (access), (address)); \
		assert_int_equal(got_.outcome, IOASIM_DMA_FAULTS);                \
		assert_int_equal(got_.class, (which));                            \
	} while (0)
/* A PASID without a route: by what the architecture blocks it. */
#define FLOW_NO_ROUTE(flow, device, pasid, address)                                  \
	do {                                                                         \
		struct ioasim_dma_result got_ =                                      \
			flow_dma((flow), (device), (pasid), IOASIM_READ, (address)); \
		assert_int_equal(got_.outcome, IOASIM_DMA_FAULTS);                   \
		assert_true(got_.class == IOASIM_CLASS_BLOCKED ||                    \
			    got_.class == IOASIM_CLASS_PASID);                       \
	} while (0)

/* A guest's stores: a page of the stage 1 table at FLOW_TABLE (gpa ~0: no longer), and
 * the PASID table's entry. */
void flow_guest_table(struct flow *flow);
void flow_guest_page(struct flow *flow, uint64_t va, uint64_t gpa, bool writable);
void flow_guest_pasid(struct flow *flow, uint32_t pasid, bool valid);

int flow_invalidate(struct flow *flow, int ioasid, uint32_t scope, uint32_t cache, uint32_t vpasid,
		    uint64_t address, uint64_t length);
/* The next event; false: none. */
bool flow_event(struct flow *flow, struct ioasim_event *event);
int flow_respond(struct flow *flow, uint32_t event, uint32_t code);

/* Forgets the commands so far; tells whether the classes came since, in this order. */
void flow_forget(struct flow *flow);
bool flow_saw(const struct flow *flow, unsigned count, const uint8_t *classes);
#define FLOW_SAW(flow, ...) \
	flow_saw((flow), sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[]){__VA_ARGS__})

#endif
