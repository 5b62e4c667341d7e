/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses of the test operations: each is a descriptor, whose closing ends it, with the
 * pages that were pinned through it.
 */
#include "test_cmd.h"

#include "files.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

/* An operation asks for no more than this at once. */
#define MOST_BYTES (UINT64_C(16) << 20)

enum access_flags {
	ACCESS_PINS = 1, /* of CREATE_ACCESS */
	ACCESS_WRITE = 1, /* of ACCESS_PAGES and ACCESS_RW */
	ACCESS_SLOW = 4, /* of ACCESS_RW: a kernel's other way to the same result */
};

/* Pages that were pinned in one step. */
struct pages {
	LIST_ENTRY(pages) link;
	uint32_t number;
	uint64_t iova, length;
};

struct access {
	struct iommufd_access *access;
	bool pins;
	uint32_t next;
	LIST_HEAD(, pages) pages;
};

static void unpin(struct access *access, struct pages *pages)
{
	LIST_REMOVE(pages, link);
	iommufd_access_unpin(access->access, pages->iova, pages->length);
	free(pages);
}

static void on_unmap(void *opaque, uint64_t iova, uint64_t bytes)
{
	struct access *access = opaque;
	struct pages *pages, *next;

	for (pages = LIST_FIRST(&access->pages); pages; pages = next) {
		next = LIST_NEXT(pages, link);
		if (pages->iova <= iova + (bytes - 1) && iova <= pages->iova + (pages->length - 1))
			unpin(access, pages);
	}
}

static const struct iommufd_access_ops pinning = {.unmap = on_unmap, .pins = true};
static const struct iommufd_access_ops copying = {.unmap = on_unmap};

static void release(void *state)
{
	struct access *access = state;

	while (!LIST_EMPTY(&access->pages))
		unpin(access, LIST_FIRST(&access->pages));
	iommufd_access_destroy(access->access);
	free(access);
}

static const struct file_ops access_file = {.release = release};

static struct access *access_of(uint32_t number)
{
	return files_state((int)number, &access_file);
}

int test_create_access(struct iommufd *fd, struct test_cmd *cmd)
{
	struct access *access;
	uint32_t number;
	int status;

	if (cmd->create_access.flags & ~(uint32_t)ACCESS_PINS)
		return -EOPNOTSUPP;
	access = calloc(1, sizeof(*access));
	if (!access)
		return -ENOMEM;
	access->pins = cmd->create_access.flags & ACCESS_PINS;
	status = iommufd_access_create(fd, access->pins ? &pinning : &copying, access,
				       &access->access, &number);
	if (status) {
		free(access);
		return status;
	}
	status = iommufd_access_attach(access->access, cmd->id);
	if (status == 0)
		status = files_open(&access_file, access, O_CLOEXEC);
	if (status < 0) {
		release(access);
		return status;
	}
	cmd->create_access.out_fd = (uint32_t)status;
	return 0;
}

int test_replace_ioas(struct test_cmd *cmd)
{
	struct access *access = access_of(cmd->id);

	return access ? iommufd_access_replace(access->access, cmd->replace_ioas.ioas) : -EBADFD;
}

/* ---- Pinning ------------------------------------------------------------------------------ */

/* The program's addresses of the IOVAs that are pinned, to be compared; 0: not wanted. */
struct expected {
	uint64_t iova, user;
};

static int compare(void *to, uint64_t address, uint64_t pa, uint64_t bytes)
{
	const struct expected *expected = to;

	(void)bytes; /* in a row on both sides, as addresses are pages' identities */
	return expected->user && pa != expected->user + (address - expected->iova) ? -EBADE : 0;
}

int test_access_pages(struct test_cmd *cmd)
{
	const uint64_t iova = cmd->access_pages.iova, length = cmd->access_pages.length;
	struct expected expected = {iova, cmd->access_pages.user};
	struct access *access;
	struct pages *pages;
	int status;

	if (length > MOST_BYTES)
		return -ENOMEM;
	if (cmd->access_pages.flags & ~(uint32_t)ACCESS_WRITE)
		return -EOPNOTSUPP;
	access = access_of(cmd->id);
	if (!access)
		return -EBADFD;
	if (!access->pins)
		return -EOPNOTSUPP;
	pages = calloc(1, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	status = iommufd_access_pin(access->access, iova, length,
				    cmd->access_pages.flags & ACCESS_WRITE, compare, &expected);
	if (status) {
		free(pages);
		return status;
	}
	*pages = (struct pages){.number = access->next++, .iova = iova, .length = length};
	LIST_INSERT_HEAD(&access->pages, pages, link);
	cmd->access_pages.out_pages = pages->number;
	return 0;
}

int test_destroy_pages(struct test_cmd *cmd)
{
	struct access *access = access_of(cmd->id);
	struct pages *pages;

	if (!access)
		return -EBADFD;
	LIST_FOREACH (pages, &access->pages, link)
		if (pages->number == cmd->destroy_pages.pages) {
			unpin(access, pages);
			return 0;
		}
	return -ENOENT;
}

/* ---- Copying ------------------------------------------------------------------------------ */

int test_access_rw(struct test_cmd *cmd)
{
	const bool write = cmd->access_rw.flags & ACCESS_WRITE;
	const uint64_t length = cmd->access_rw.length;
	struct access *access;
	unsigned char *data;
	int status = 0;

	if (length > MOST_BYTES)
		return -ENOMEM;
	if (cmd->access_rw.flags & ~(uint32_t)(ACCESS_WRITE | ACCESS_SLOW))
		return -EOPNOTSUPP;
	access = access_of(cmd->id);
	if (!access)
		return -EBADFD;
	data = calloc(1, length ? length : 1);
	if (!data)
		return -ENOMEM;
	if (write)
		status = memory_read(data, cmd->access_rw.user, length);
	if (status == 0)
		status =
			iommufd_access_rw(access->access, cmd->access_rw.iova, data, length, write);
	if (status == 0 && !write)
		status = memory_write(cmd->access_rw.user, data, length);
	free(data);
	return status;
}
