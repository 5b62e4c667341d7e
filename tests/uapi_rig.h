/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled system for tests of the uAPI: one process with memory, an FD of
 * /dev/ioasid, and short forms of the calls. Every test runs on each architecture.
 */
#ifndef TESTS_UAPI_RIG_H
#define TESTS_UAPI_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <ioasim/system.h>

#include "model/uapi/objects.h"

/* Memory of the first process: 32 MiB. */
#define RIG_MEMORY UINT64_C(0x40000000)
#define RIG_SIZE   UINT64_C(0x2000000)
/* One read-only page. */
#define RIG_READ_ONLY UINT64_C(0x50000000)

#define RIG_PAGE UINT64_C(0x1000)

struct uapi_rig {
	const char *arch;
	struct ioasim_system *system;
	int vm; /* the process */
	int fd; /* of /dev/ioasid */
	unsigned commands; /* of the unit so far */
	char classes[256]; /* of those since rig_commands_clear: c p t a q s o */
};

int uapi_rig_setup(void **state); /* *state: name of the architecture; becomes the rig */
int uapi_rig_teardown(void **state);
/* The same with so many bytes for the kernel's tables and rings; 0: the default. */
struct uapi_rig *uapi_rig_create(const char *arch, uint64_t kernel_memory);

/* A test on one architecture, and on all of them. */
#define UAPI_TEST_ON(test, name)                                              \
	{                                                                     \
#test " (" name ")", test, uapi_rig_setup, uapi_rig_teardown, \
			(void *)(uintptr_t)(name)                             \
	}
#define UAPI_TEST(test) \
	UAPI_TEST_ON(test, "vtd"), UAPI_TEST_ON(test, "amdvi"), UAPI_TEST_ON(test, "smmuv3")

/* ---- The machine ------------------------------------------------------------------------ */

/* A pdev with a group of its own and nothing special: the config to change, then add. */
struct ioasim_device_config rig_pdev(uint32_t requester_id);
int rig_device(struct uapi_rig *rig, const struct ioasim_device_config *config);
/* Adds, opens and binds it to the rig's FD: the descriptor. */
int rig_bound(struct uapi_rig *rig, const struct ioasim_device_config *config, uint64_t cookie);

/* ---- Calls: what they return ---------------------------------------------------------------- */

int rig_bind(struct uapi_rig *rig, int device_fd, int fd, uint64_t cookie);
int rig_unbind(struct uapi_rig *rig, int device_fd);
int rig_alloc(struct uapi_rig *rig, uint32_t parent, uint32_t flags); /* kind kernel */
int rig_alloc_kind(struct uapi_rig *rig, uint32_t kind, uint32_t parent, uint64_t root);
int rig_ioasid_free(struct uapi_rig *rig, int ioasid);
struct ioasim_ioasid_info rig_info(struct uapi_rig *rig, int ioasid); /* that exists */
int rig_map(struct uapi_rig *rig, int ioasid, uint64_t iova, uint64_t vaddr, uint64_t length);
int rig_map_prot(struct uapi_rig *rig, int ioasid, uint64_t iova, uint64_t vaddr, uint32_t prot);
/* Bytes, or an errno. */
int64_t rig_unmap(struct uapi_rig *rig, int ioasid, uint64_t iova, uint64_t length);
/* vpasid IOASIM_NO_VPASID: the default route. */
int rig_attach(struct uapi_rig *rig, int device_fd, int ioasid, uint32_t vpasid);
int rig_detach(struct uapi_rig *rig, int device_fd, int ioasid, uint32_t vpasid);

/* ---- What the hardware does --------------------------------------------------------------- */

/* The unit's answer to an untranslated access without PASID: the address on the bus, or
 * 0 for a fault. */
ioasim_pa_t rig_reach(struct uapi_rig *rig, uint32_t requester_id, uint64_t iova, uint8_t access);
/* Where a byte of the process lies. */
ioasim_pa_t rig_page(struct uapi_rig *rig, uint64_t vaddr);

void rig_commands_clear(struct uapi_rig *rig);
/* Whether these classes were executed in this order, others between them. */
bool rig_commands_in_order(const struct uapi_rig *rig, const char *classes);

/* The kernel's books of an IOASID of the rig's FD; of a device. */
struct ioasid *rig_ioasid(struct uapi_rig *rig, int number);

#endif
