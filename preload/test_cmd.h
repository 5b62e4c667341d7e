/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call by which the kernel's own test of iommufd makes mock devices and looks behind
 * them, number 0xa0: operations and layout as that test has them. It is no part of the
 * uAPI, and only this library answers it.
 */
#ifndef PRELOAD_TEST_CMD_H
#define PRELOAD_TEST_CMD_H

#include "model/iommufd/iommufd.h"

#include <stddef.h>

#define TEST_CMD_NUMBER 0x3ba0u /* _IO(';', 0xa0) */

enum test_op {
	TEST_ADD_RESERVED = 1,
	TEST_MOCK_DOMAIN = 2,
	TEST_CHECK_MAP = 3,
	TEST_CHECK_REFS = 4,
	TEST_CREATE_ACCESS = 5,
	TEST_DESTROY_ACCESS_PAGES = 6,
	TEST_ACCESS_PAGES = 7,
	TEST_ACCESS_RW = 8,
	TEST_MEMORY_LIMIT = 9,
	TEST_MOCK_DOMAIN_REPLACE = 10,
	TEST_ACCESS_REPLACE_IOAS = 11,
	TEST_MOCK_DOMAIN_FLAGS = 12,
	TEST_DIRTY = 13,
	TEST_CHECK_TLB = 14,
	TEST_TRIGGER_FAULT = 15,
	/* Of kernels after 6.12. */
	TEST_CHECK_CACHE = 16,
	TEST_TRIGGER_EVENT = 17,
	TEST_PASID_ATTACH = 18,
	TEST_PASID_REPLACE = 19,
	TEST_PASID_DETACH = 20,
	TEST_PASID_CHECK = 21,
};

struct test_cmd {
	uint32_t size;
	uint32_t op; /* enum test_op */
	uint32_t id; /* of an IOAS, page table or mock device; accesses: a descriptor */
	uint32_t reserved;
	union {
		struct {
			uint64_t start, length;
		} add_reserved;
		struct { /* also of MOCK_DOMAIN, which ends before `flags` */
			uint32_t out_mock, out_hwpt, out_device;
			uint32_t flags; /* enum mock_device_flags */
		} mock_domain;
		struct {
			uint32_t pt_id;
		} replace;
		struct {
			uint64_t iova, length, user;
		} check_map;
		struct {
			uint64_t length, user;
			uint32_t refs;
		} check_refs;
		struct {
			uint32_t out_fd, flags; /* 1: it pins pages */
		} create_access;
		struct {
			uint32_t pages;
		} destroy_pages;
		struct {
			uint32_t flags; /* 1: to write */
			uint32_t out_pages;
			uint64_t iova, length, user;
		} access_pages;
		struct {
			uint64_t iova, length, user;
			uint32_t flags; /* 1: write; 4: by another way */
		} access_rw;
		struct {
			uint32_t limit;
		} memory_limit;
		struct {
			uint32_t ioas;
		} replace_ioas;
		struct {
			uint32_t flags;
			uint64_t iova, length, page_size, user, out_dirty;
		} dirty;
		struct { /* also of CHECK_CACHE */
			uint32_t word, value;
		} check_tlb;
		struct {
			uint32_t device, pasid, group, perm;
			uint64_t address;
		} fault;
		struct {
			uint32_t device;
		} event;
		struct {
			uint32_t pasid;
			uint32_t pt_id;
		} pasid;
	};
	uint32_t last;
};
_Static_assert(offsetof(struct test_cmd, add_reserved) == 16, "as the test has it");
_Static_assert(offsetof(struct test_cmd, last) == 64, "as the test has it");

/* The smallest that is taken. */
#define TEST_CMD_MINIMUM (offsetof(struct test_cmd, last) + sizeof(uint32_t))

/* The call: what it returns, or -errno. `argument` is an address of the program. */
int test_call(struct iommufd *fd, void *argument);

/* ---- Between its files ---------------------------------------------------------------- */

/* Operations on accesses (test_access.c); what they fill in is in the structure. */
int test_create_access(struct iommufd *fd, struct test_cmd *cmd);
int test_replace_ioas(struct test_cmd *cmd);
int test_access_pages(struct test_cmd *cmd);
int test_destroy_pages(struct test_cmd *cmd);
int test_access_rw(struct test_cmd *cmd);

/* The bound device of a mock device's ID (test_ops.c); NULL: there is none. */
struct iommufd_device *test_mock(struct iommufd *fd, uint32_t number);

/* Operations on virtual IOMMUs and PASIDs (test_user.c). */
int test_check_cache(struct iommufd *fd, const struct test_cmd *cmd);
int test_trigger_event(struct iommufd *fd, const struct test_cmd *cmd);
int test_pasid_attach(struct iommufd *fd, struct test_cmd *cmd);
int test_pasid_replace(struct iommufd *fd, struct test_cmd *cmd);
int test_pasid_detach(struct iommufd *fd, const struct test_cmd *cmd);
int test_pasid_check(struct iommufd *fd, const struct test_cmd *cmd);

#endif
