/* SPDX-License-Identifier: Apache-2.0 */
/* The test operations on mock devices and their page tables. */
#include "test_cmd.h"

#include "host_memory.h"
#include "memory.h"
#include "mock.h"

#include "model/iommufd/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An operation asks for no more than this at once. */
#define MOST_PAGES (UINT64_C(16) << 23)

/* ---- Mock devices ----------------------------------------------------------------------- */

/* What MOCK_DOMAIN makes: a device that is bound and attached until its ID is destroyed. */
struct mock {
	struct mock_device device;
	struct iommufd_device *bound;
};

static void destroy_mock(void *opaque)
{
	struct mock *mock = opaque;

	if (mock->bound)
		iommufd_unbind(mock->bound);
	free(mock);
}

/* DESTROY of an ID that is there and held by nobody cannot fail. */
static void destroy_number(struct iommufd *fd, uint32_t number)
{
	struct ioasim_iommufd_destroy call = {.size = sizeof(call), .id = number};

	(void)!iommufd_call(fd, NULL, IOASIM_IOMMUFD_DESTROY, &call);
}

static int mock_domain(struct iommufd *fd, struct test_cmd *cmd)
{
	uint32_t flags = cmd->op == TEST_MOCK_DOMAIN_FLAGS ? cmd->mock_domain.flags : 0;
	uint32_t number, device, pt = cmd->id;
	struct mock *mock;
	int status;

	if (flags & ~(uint32_t)MOCK_DEVICE_FLAGS)
		return -EINVAL;
	mock = calloc(1, sizeof(*mock));
	if (!mock)
		return -ENOMEM;
	mock_device_init(&mock->device, flags);
	status = iommufd_foreign_create(fd, destroy_mock, mock, &number);
	if (status) {
		free(mock);
		return status;
	}
	status = iommufd_bind(fd, &mock->device.config, &mock->bound, &device);
	if (status == 0)
		status = iommufd_attach(mock->bound, IOMMUFD_NO_PASID, &pt);
	if (status) {
		destroy_number(fd, number);
		return status;
	}
	cmd->mock_domain.out_mock = number;
	cmd->mock_domain.out_hwpt = pt;
	cmd->mock_domain.out_device = device;
	return 0;
}

struct iommufd_device *test_mock(struct iommufd *fd, uint32_t number)
{
	const struct mock *mock = iommufd_foreign(fd, number, destroy_mock);

	return mock ? mock->bound : NULL;
}

static int replace(struct iommufd *fd, struct test_cmd *cmd)
{
	struct iommufd_device *device = test_mock(fd, cmd->id);

	return device ? iommufd_attach(device, IOMMUFD_NO_PASID, &cmd->replace.pt_id) : -ENOENT;
}

static int add_reserved(struct iommufd *fd, const struct test_cmd *cmd)
{
	uint64_t last;

	if (!cmd->add_reserved.length)
		return -EINVAL;
	if (__builtin_add_overflow(cmd->add_reserved.start, cmd->add_reserved.length - 1, &last))
		return -EOVERFLOW;
	return iommufd_reserve(fd, cmd->id, cmd->add_reserved.start, last);
}

/* ---- Behind a page table ---------------------------------------------------------------- */

static int paging(struct iommufd *fd, uint32_t number, struct iommufd_domain **domain)
{
	*domain = iommufd_domain(fd, number);
	return !*domain || !mock_is_paging(*domain) ? -ENOENT : 0;
}

/* Do all pages of a range lie where those of the program's addresses do? */
static int check_map(struct iommufd *fd, const struct test_cmd *cmd)
{
	const uint64_t iova = cmd->check_map.iova, length = cmd->check_map.length;
	const uint64_t user = cmd->check_map.user;
	struct iommufd_domain *domain;
	uint64_t pa, end;
	int status;

	if ((iova | length | user) % MOCK_PAGE || __builtin_add_overflow(user, length, &end))
		return -EINVAL;
	status = paging(fd, cmd->id, &domain);
	for (uint64_t at = 0; status == 0 && at < length; at += MOCK_PAGE) {
		status = memory_hold(user + at, MOCK_PAGE, false);
		if (status == 0 &&
		    (!mock_lookup(domain, iova + at, &pa) || !host_memory_same(user + at, pa)))
			status = -EINVAL;
	}
	return status;
}

static int check_refs(const struct test_cmd *cmd)
{
	const uint64_t length = cmd->check_refs.length, user = cmd->check_refs.user;
	uint64_t end;

	if ((length | user) % IOMMUFD_PAGE || __builtin_add_overflow(user, length, &end))
		return -EINVAL;
	if (memory_hold(user, length, false))
		return -EFAULT;
	for (uint64_t at = user; at < end; at += IOMMUFD_PAGE)
		if (host_memory_pins(at) != cmd->check_refs.refs)
			return -EIO;
	return 0;
}

static int check_tlb(struct iommufd *fd, const struct test_cmd *cmd)
{
	const struct iommufd_domain *domain = iommufd_domain(fd, cmd->id);

	if (!domain || !mock_is_nested(domain))
		return -ENOENT;
	return cmd->check_tlb.word < MOCK_TLB_WORDS &&
			       mock_tlb_word(domain, cmd->check_tlb.word) == cmd->check_tlb.value
		       ? 0
		       : -EINVAL;
}

/* A device writes to the pages whose bits the program has set. */
static int write_pages(struct iommufd_domain *domain, struct test_cmd *cmd,
		       const unsigned char *bitmap, uint64_t pages)
{
	cmd->dirty.out_dirty = 0;
	for (uint64_t i = 0; i < pages; i++)
		if (bitmap[i / 8] >> i % 8 & 1)
			cmd->dirty.out_dirty +=
				mock_write(domain, cmd->dirty.iova + i * cmd->dirty.page_size);
	return 0;
}

static int dirty(struct iommufd *fd, struct test_cmd *cmd)
{
	const uint64_t size = cmd->dirty.page_size, length = cmd->dirty.length;
	struct iommufd_domain *domain;
	unsigned char *bitmap;
	size_t bytes;
	int status;

	if (!size || !length || cmd->dirty.iova % size || length % size || !cmd->dirty.user)
		return -EINVAL;
	if (length / size > MOST_PAGES)
		return -EOVERFLOW;
	status = paging(fd, cmd->id, &domain);
	if (status)
		return status;
	if (!mock_tracks(domain))
		return -EINVAL;
	bytes = (length / size + 7) / 8;
	bitmap = malloc(bytes);
	if (!bitmap)
		return -ENOMEM;
	status = memory_read(bitmap, cmd->dirty.user, bytes);
	if (status == 0)
		status = write_pages(domain, cmd, bitmap, length / size);
	free(bitmap);
	return status;
}

static int trigger_fault(struct iommufd *fd, const struct test_cmd *cmd)
{
	struct iommufd_device *device = iommufd_device(fd, cmd->fault.device);
	const uint32_t pasid = cmd->fault.pasid; /* 0: without one */
	const struct ioasim_iommufd_pgfault record = {
		.flags = IOASIM_IOMMUFD_PGFAULT_LAST_PAGE |
			 (pasid ? IOASIM_IOMMUFD_PGFAULT_PASID_VALID : 0u),
		.pasid = pasid,
		.grpid = cmd->fault.group,
		.perm = cmd->fault.perm,
		.addr = cmd->fault.address,
	};

	if (!device)
		return -ENOENT;
	/* One that no queue wants is answered by the kernel, and no error here. */
	(void)!iommufd_fault_raise(device, pasid ? pasid : IOMMUFD_NO_PASID, &record, 1, NULL);
	return 0;
}

/* ---- The call ------------------------------------------------------------------------------ */

static int do_user_op(struct iommufd *fd, struct test_cmd *cmd)
{
	switch (cmd->op) {
	case TEST_CHECK_CACHE:
		return test_check_cache(fd, cmd);
	case TEST_TRIGGER_EVENT:
		return test_trigger_event(fd, cmd);
	case TEST_PASID_ATTACH:
		return test_pasid_attach(fd, cmd);
	case TEST_PASID_REPLACE:
		return test_pasid_replace(fd, cmd);
	case TEST_PASID_DETACH:
		return test_pasid_detach(fd, cmd);
	case TEST_PASID_CHECK:
		return test_pasid_check(fd, cmd);
	default:
		return -EOPNOTSUPP;
	}
}

static int do_op(struct iommufd *fd, struct test_cmd *cmd)
{
	switch (cmd->op) {
	case TEST_ADD_RESERVED:
		return add_reserved(fd, cmd);
	case TEST_MOCK_DOMAIN:
	case TEST_MOCK_DOMAIN_FLAGS:
		return mock_domain(fd, cmd);
	case TEST_MOCK_DOMAIN_REPLACE:
		return replace(fd, cmd);
	case TEST_CHECK_MAP:
		return check_map(fd, cmd);
	case TEST_CHECK_REFS:
		return check_refs(cmd);
	case TEST_CHECK_TLB:
		return check_tlb(fd, cmd);
	case TEST_CREATE_ACCESS:
		return test_create_access(fd, cmd);
	case TEST_ACCESS_REPLACE_IOAS:
		return test_replace_ioas(cmd);
	case TEST_ACCESS_PAGES:
		return test_access_pages(cmd);
	case TEST_DESTROY_ACCESS_PAGES:
		return test_destroy_pages(cmd);
	case TEST_ACCESS_RW:
		return test_access_rw(cmd);
	case TEST_MEMORY_LIMIT:
		/* Of a batch of the kernel's, which has no like here. */
		return cmd->memory_limit.limit < 12 ? -EINVAL : 0;
	case TEST_DIRTY:
		return dirty(fd, cmd);
	case TEST_TRIGGER_FAULT:
		return trigger_fault(fd, cmd);
	default:
		return do_user_op(fd, cmd);
	}
}

/* The rest of a structure that is larger than ours has to be 0. */
static int rest_is_zero(uint64_t address, uint32_t size)
{
	unsigned char byte[64];
	int status = 0;

	while (status == 0 && size) {
		uint32_t part = size < sizeof(byte) ? size : (uint32_t)sizeof(byte);

		status = memory_read(byte, address, part);
		for (uint32_t i = 0; status == 0 && i < part; i++)
			if (byte[i])
				status = -E2BIG;
		address += part;
		size -= part;
	}
	return status;
}

int test_call(struct iommufd *fd, void *argument)
{
	const uint64_t address = (uint64_t)(uintptr_t)argument;
	struct test_cmd cmd = {0};
	uint32_t taken;
	int status = memory_read(&cmd.size, address, sizeof(cmd.size));

	if (status)
		return status;
	if (cmd.size < TEST_CMD_MINIMUM)
		return -EINVAL;
	taken = cmd.size < sizeof(cmd) ? cmd.size : (uint32_t)sizeof(cmd);
	status = rest_is_zero(address + taken, cmd.size - taken);
	if (status == 0)
		status = memory_read(&cmd, address, taken);
	if (status == 0)
		status = do_op(fd, &cmd);
	/* What failed to tell the program of an object leaves it: it is the descriptor's. */
	return status ? status : memory_write(address, &cmd, taken);
}
