/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random caller of iommufd: every call of the table with members of all kinds, sizes and
 * pointers, in between DMA, queues, changes of memory and closing, on each architecture. An
 * errno is one that the call's checks name; no security rule breaks; and nothing is left when
 * all is closed.
 */
#include "fuzz.h"
#include "uapi_program.h"

#include "model/iommufd/calls.h"
#include "model/iommufd/iommufd.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/iommufd_file.h"
#include "model/uapi/objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEP  32u /* bytes of an input that one step has */
#define STEPS 64u
#define HEAD  4u

#define MEMORY    UINT64_C(0x40000000) /* of the process, read and write */
#define SIZE      (64 * UINT64_C(4096))
#define READ_ONLY UINT64_C(0x48000000) /* a page */
#define DATA      UINT64_C(0x49000000) /* a page: a user's table as the architecture has it */
#define DEVICES   4u
#define FDS       24

struct caller {
	struct ioasim_system *system;
	struct fuzz_bytes bytes;
	int process;
	int device[DEVICES];
	const struct iommufd *core; /* of the descriptor that the call is made on; NULL */
	bool plain; /* the call's members of users' data are 0 */
	bool all; /* the call is of all addresses */
	char broken[256];
};

static const char *const archs[] = {"vtd", "amdvi", "smmuv3"};

static void breaks(struct caller *c, const char *what, const char *of, int64_t value)
{
	if (!c->broken[0])
		snprintf(c->broken, sizeof(c->broken), "%s: %s (%lld)", of, what, (long long)value);
}

/* ---- What bytes stand for ---------------------------------------------------------------- */

static uint64_t address_of(struct caller *c)
{
	static const uint64_t odd[] = {0,
				       1,
				       READ_ONLY,
				       READ_ONLY + 4096,
				       MEMORY + SIZE - 4,
				       UINT64_MAX,
				       UINT64_MAX - 4095,
				       UINT64_C(1) << 47};
	uint8_t byte = fuzz_byte(&c->bytes);

	if (byte >= 0xf0)
		return odd[byte % 8];
	return MEMORY + (byte % 64) * 4096 + (byte >= 0xe0 ? 8u : 0u);
}

static uint64_t length_of(struct caller *c)
{
	static const uint64_t some[] = {4096,
					8192,
					16384,
					0x40000,
					4096,
					65536,
					0x3000,
					4096,
					1,
					0,
					2048,
					4095,
					UINT64_MAX,
					UINT64_MAX - 4095,
					UINT64_C(1) << 32,
					24};
	uint8_t byte = fuzz_byte(&c->bytes);

	if (c->all)
		return UINT64_MAX;
	return some[byte < 0xe0 ? byte % 8 : byte % 16];
}

static uint64_t iova_of(struct caller *c)
{
	static const uint64_t odd[] = {UINT64_MAX, UINT64_MAX - 4095, 0xfee00000,
				       0x8000000,  UINT64_C(1) << 48, 1,
				       0xfff,      UINT64_C(1) << 47};
	uint8_t byte = fuzz_byte(&c->bytes);

	if (c->all)
		return 0;
	return byte >= 0xf0 ? odd[byte % 8] : (byte % 12) * UINT64_C(4096);
}

static uint32_t small_of(struct caller *c)
{
	uint8_t byte = fuzz_byte(&c->bytes);

	return byte >= 0xf8   ? UINT32_MAX - (byte & 3u)
	       : byte >= 0xf0 ? 1u << (byte & 7u) * 4
			      : byte % 12;
}

static bool named(const struct iofd_member *member, const char *part)
{
	return strstr(member->name, part) != NULL;
}

/* Numbers of objects that there are, of the kind that the member wants. */
static uint64_t id_of(struct caller *c, const char *kind)
{
	uint8_t byte = fuzz_byte(&c->bytes);

	for (uint32_t i = 0; c->core && byte < 0xf0 && i < 64; i++) {
		uint32_t number = 1 + (i + byte) % 64;
		const char *found = iommufd_kind(c->core, number);

		if (found && strncmp(found, kind, strlen(kind)) == 0)
			return number;
	}
	return byte % 16;
}

static bool id_member(struct caller *c, const struct iofd_member *member, uint64_t *value)
{
	static const struct {
		const char *name, *kind;
	} ids[] = {
		{"ioas_id", "IOAS"},     {"hwpt_id", "HWPT"},   {"dev_id", "DEVICE"},
		{"viommu_id", "VIOMMU"}, {"fault_id", "FAULT"}, {"object_id", "IOAS"},
	};
	uint8_t byte;

	if (strcmp(member->name, "id") == 0 || strcmp(member->name, "pt_id") == 0) {
		byte = fuzz_byte(&c->bytes);
		*value = id_of(c, member->name[0] == 'i'      ? ""
				  : (byte < 0xd0) == c->plain ? "IOAS"
							      : "HWPT");
		return true;
	}
	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (named(member, ids[i].name)) {
			*value = id_of(c, ids[i].kind);
			return true;
		}
	return false;
}

/* Of users' data: what the architecture has, or nothing at all. */
static uint32_t data_of(struct caller *c, const struct iofd_member *member)
{
	static const uint32_t lengths[] = {24, 16, 32, 8, 40, 4096, 4097, 0};
	const unsigned arch = c->system->arch->uapi.number;
	uint8_t byte = fuzz_byte(&c->bytes);

	if (c->plain)
		return 0;
	if (named(member, "type"))
		return byte < 0xe0 ? arch == 0 ? 1 : arch == 2 ? 2 : 3 : byte % 5;
	return lengths[byte < 0xc0 ? (arch == 0 ? 0u : arch == 2 ? 1u : 2u) : byte % 8];
}

static uint64_t value_of(struct caller *c, const struct iofd_member *member)
{
	uint64_t value;

	switch ((enum iofd_member_kind)member->kind) {
	case IOFD_RESERVED:
		return fuzz_byte(&c->bytes) >= 0xfe;
	case IOFD_FLAGS:
		value = fuzz_byte(&c->bytes);
		return value >= 0xfc   ? UINT64_MAX
		       : value >= 0xc0 ? value & member->known
		       : value >= 0x90 ? member->known
		       : value >= 0x40 ? UINT64_C(1) << value % 4 & member->known
				       : 0;
	case IOFD_POINTER:
		return !c->plain && fuzz_byte(&c->bytes) < 0xc0 ? DATA : address_of(c);
	default:
		break;
	}
	if (id_member(c, member, &value))
		return value;
	if (named(member, "data_type") || named(member, "_len"))
		return data_of(c, member);
	if (named(member, "iova") && member->bytes == 8)
		return iova_of(c);
	if (named(member, "page_size"))
		return UINT64_C(1)
		       << (fuzz_byte(&c->bytes) & 0x80 ? 12 : fuzz_byte(&c->bytes) % 24);
	if (member->bytes == 8)
		return length_of(c);
	return small_of(c);
}

/* ---- Descriptors -------------------------------------------------------------------------- */

static const struct process *owner(const struct caller *c)
{
	return c->system->process[c->process];
}

/* An open descriptor of one of two kinds; -1 if there is none, or sometimes a wrong one. */
static int fd_of(struct caller *c, enum ioasim_fd_kind kind, enum ioasim_fd_kind other)
{
	uint8_t byte = fuzz_byte(&c->bytes);
	const struct process *process = owner(c);

	if (byte >= 0xf8)
		return byte - 0xf9;
	for (uint32_t i = 0; i < process->fd_room; i++) {
		uint32_t n = (i + byte) % process->fd_room;

		if (process->fd[n] &&
		    (process->fd[n]->kind == kind || process->fd[n]->kind == other))
			return (int)n;
	}
	return -1;
}

static void step_open(struct caller *c)
{
	uint8_t byte = fuzz_byte(&c->bytes);
	int fd = byte < 0x60 ? ioasim_iommufd_open(c->system, c->process)
			     : ioasim_open_device(c->system, c->process, c->device[byte % DEVICES]);

	if (fd > FDS)
		(void)ioasim_close(c->system, c->process, fd);
}

static void step_close(struct caller *c)
{
	uint8_t byte = fuzz_byte(&c->bytes);
	int fd = byte >= 0x60 ? -1
			      : fd_of(c, byte % 3 == 0 ? IOASIM_FD_IOMMUFD : IOASIM_FD_QUEUE,
				      byte % 3 == 1 ? IOASIM_FD_DEVICE : IOASIM_FD_QUEUE);

	(void)ioasim_close(c->system, c->process, fd);
}

/* ---- Calls -------------------------------------------------------------------------------- */

static const struct iofd_call_entry *entry_of(struct caller *c)
{
	unsigned calls = 0, device_calls = 0, nth = fuzz_byte(&c->bytes);

	while (iofd_call_table(calls))
		calls++;
	while (iofd_device_calls[device_calls].request)
		device_calls++;
	/* Devices have few calls, and nothing works without them. */
	if (nth >= 0xa0)
		return &iofd_device_calls[nth % device_calls];
	return iofd_call_table(nth % calls);
}

static bool named_by(const struct iofd_check *check, int error)
{
	for (; check && check->rule; check++)
		if (check->error == error)
			return true;
	return false;
}

/* What the dispatcher itself says, or the call by its checks. */
static bool allowed(const struct iofd_call_entry *entry, int error)
{
	static const int always[] = {0,      ENOMEM, EINVAL, E2BIG, EFAULT,
				     ENOTTY, EBADF,  EMFILE, ENOSPC};

	for (unsigned i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (error == always[i])
			return true;
	return named_by(entry->checks, error) || error == entry->unknown_error ||
	       /* Who maps is checked as IOAS_MAP is. */
	       ((strstr(entry->name, "MAP") || strstr(entry->name, "COPY")) &&
		named_by(iofd_map_checks, error));
}

static void put(unsigned char *argument, const struct iofd_member *member, uint64_t value)
{
	memcpy(argument + member->offset, &value, member->bytes);
}

static size_t size_of(struct caller *c, const struct iofd_call_entry *entry)
{
	uint8_t byte = fuzz_byte(&c->bytes);

	switch (byte < 0xf4 ? 0 : byte % 6) {
	case 1:
		return entry->minimum;
	case 2:
		return entry->minimum - 1u;
	case 3:
		return entry->size + 8u;
	case 4:
		return 200; /* the last byte is not 0 */
	case 5:
		return fuzz_byte(&c->bytes);
	default:
		return entry->size;
	}
}

static void step_call(struct caller *c)
{
	const struct iofd_call_entry *entry = entry_of(c);
	_Alignas(8) unsigned char argument[256] = {0};
	void *given = argument;
	uint32_t size;
	int fd = entry->where == IOFD_ON_DEVICE ? fd_of(c, IOASIM_FD_DEVICE, IOASIM_FD_DEVICE)
						: fd_of(c, IOASIM_FD_IOMMUFD, IOASIM_FD_IOMMUFD);
	const struct fd *on = fd < 0 ? NULL : fd_find(owner(c), fd);
	int result;

	c->core = !on                                                ? NULL
		  : on->kind == IOASIM_FD_IOMMUFD                    ? on->iommufd->core
		  : on->kind == IOASIM_FD_DEVICE && on->device->file ? on->device->file->core
								     : NULL;
	c->plain = fuzz_byte(&c->bytes) < 0x80;
	c->all = c->plain && strstr(entry->name, "UNMAP") && fuzz_byte(&c->bytes) < 0x40;
	if (entry->structure) {
		size = (uint32_t)size_of(c, entry);
		for (const struct iofd_member *m = entry->members; m && m->name; m++)
			put(argument, m,
			    m->bytes == 4 && strcmp(m->name, "iommufd") == 0
				    ? (uint64_t)fd_of(c, IOASIM_FD_IOMMUFD, IOASIM_FD_IOMMUFD)
				    : value_of(c, m));
		memcpy(argument, &size, sizeof(size));
		argument[199] = size == 200;
		if (fuzz_byte(&c->bytes) == 0xff)
			given = NULL;
	} else {
		given = (void *)(uintptr_t)fuzz_byte(&c->bytes);
	}
	result = ioasim_iommufd_ioctl(c->system, c->process, fd, entry->request, given);
	if (result < 0 && !allowed(entry, -result))
		breaks(c, "an errno that no check names", entry->name, result);
}

/* ---- Between calls ------------------------------------------------------------------------- */

static void step_queue(struct caller *c)
{
	int fd = fd_of(c, IOASIM_FD_QUEUE, IOASIM_FD_QUEUE);
	unsigned char data[256];
	uint8_t byte = fuzz_byte(&c->bytes);
	int64_t done;

	memset(data, byte & 3, sizeof(data));
	(void)ioasim_iommufd_poll(c->system, c->process, fd);
	if (byte & 0x40)
		done = ioasim_iommufd_read(c->system, c->process, fd, data, byte);
	else
		done = ioasim_iommufd_write(c->system, c->process, fd, data, byte & 0x3fu);
	if (done > byte)
		breaks(c, "more bytes than there is room for", "queue", done);
}

static void step_dma(struct caller *c)
{
	uint8_t byte = fuzz_byte(&c->bytes);
	const struct ioasim_dma dma = {
		.device = c->device[byte % DEVICES],
		.has_pasid = byte & 0x10,
		.pasid = small_of(c),
		.address = iova_of(c),
		.length = 1u + (byte >> 4),
		.access = byte & 0x20 ? IOASIM_WRITE : IOASIM_READ,
	};
	struct ioasim_dma_result result;

	if (ioasim_dma(c->system, &dma, &result) == 0 && result.broken)
		breaks(c, "a DMA broke rules", "dma", result.broken);
}

/* The process's memory comes and goes, and holds tables, commands, ranges. */
static void step_memory(struct caller *c)
{
	uint8_t byte = fuzz_byte(&c->bytes);
	uint64_t page = MEMORY + (byte % 64) * UINT64_C(4096);
	uint64_t words[2] = {fuzz_word(&c->bytes, 8), fuzz_word(&c->bytes, 8)};

	switch (byte >> 6) {
	case 0:
		(void)ioasim_process_munmap(c->system, c->process, page, 4096);
		break;
	case 1:
		(void)ioasim_process_mmap(c->system, c->process, page, 4096,
					  byte & 0x20 ? IOASIM_READ : IOASIM_READ | IOASIM_WRITE);
		break;
	default:
		(void)ioasim_process_write(c->system, c->process, page + (words[0] & 0xf0), words,
					   sizeof(words));
	}
}

/* ---- A run ---------------------------------------------------------------------------------- */

static bool begin(struct caller *c, uint8_t head)
{
	struct ioasim_system_config config;
	struct ioasim_device_config device = {
		.parent = IOASIM_NO_DEVICE, .pf = IOASIM_NO_DEVICE, .group = IOASIM_GROUP_OWN};
	bool bad;

	(void)ioasim_system_config_init(&config, archs[head % 3]);
	config.user_memory = 4 << 20;
	config.kernel_memory = 16 << 20;
	config.lazy = head & 0x80;
	config.lazy_deadline_ns = 1000;
	config.lazy_threshold = 4;
	if (ioasim_system_create(&config, &c->system, NULL))
		return false;
	c->process = ioasim_process_create(c->system);
	bad = ioasim_process_mmap(c->system, c->process, MEMORY, SIZE,
				  IOASIM_READ | IOASIM_WRITE) ||
	      ioasim_process_mmap(c->system, c->process, READ_ONLY, 4096, IOASIM_READ);
	for (unsigned i = 0; i < DEVICES && !bad; i++) {
		device.requester_id = 0x28 + 8 * i;
		device.pasid_bits = i == 0 ? 8 : 0;
		device.capabilities = i < 2 ? IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI : 0u;
		device.group = i >= 2 ? 1 : IOASIM_GROUP_OWN;
		c->device[i] = ioasim_device_add(c->system, &device);
		bad = c->device[i] < 0;
	}
	if (bad)
		breaks(c, "cannot begin", "system", 0);
	return !bad;
}

/* Table of a user at the guest's address 0x1000, in the words of each architecture. */
static void user_data(struct caller *c)
{
	/* VT-d: flags, root, width. SMMUv3: valid, stage 1, S1ContextPtr. AMD: valid, GV, GCR3
	 * root, GLX 0. */
	static const uint64_t words[3][4] = {
		{0, 0x1000, 48, 0},
		{UINT64_C(1) | UINT64_C(1) << 55 | UINT64_C(1) << 58, 0, 0, 0},
		{UINT64_C(1) | 5 << 1 | 0x1000, 0, 0, 0},
	};

	(void)ioasim_process_mmap(c->system, c->process, DATA, 4096, IOASIM_READ | IOASIM_WRITE);
	(void)ioasim_process_write(c->system, c->process, DATA, words[c->system->arch->uapi.number],
				   sizeof(words[0]));
}

static int call(struct caller *c, int fd, uint32_t request, void *argument)
{
	return ioasim_iommufd_ioctl(c->system, c->process, fd, request, argument);
}

/* Page tables of most kinds, as far as the machine has them. */
static void tables(struct caller *c, int iommufd, int device, uint32_t dev_id)
{
	struct ioasim_iommufd_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct ioasim_iommufd_map map = {
		.size = sizeof(map), .flags = 7, .user_va = MEMORY, .length = 16 * 4096};
	struct ioasim_iommufd_hwpt_alloc hwpt = {
		.size = sizeof(hwpt), .flags = IOASIM_IOMMUFD_HWPT_NEST_PARENT, .dev_id = dev_id};
	struct ioasim_iommufd_viommu_alloc viommu = {
		.size = sizeof(viommu), .type = 1, .dev_id = dev_id};
	struct ioasim_vfio_attach attach = {.argsz = sizeof(attach)};

	if (call(c, iommufd, IOASIM_IOMMUFD_IOAS_ALLOC, &ioas))
		breaks(c, "cannot begin", "prologue", 0);
	hwpt.pt_id = map.ioas_id = attach.pt_id = ioas.out_ioas_id;
	(void)call(c, iommufd, IOASIM_IOMMUFD_IOAS_MAP, &map);
	if (call(c, iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt) == 0) {
		viommu.hwpt_id = hwpt.out_hwpt_id;
		(void)call(c, iommufd, IOASIM_IOMMUFD_VIOMMU_ALLOC, &viommu);
	}
	hwpt.flags = IOASIM_IOMMUFD_HWPT_PASID;
	(void)call(c, iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt);
	hwpt.flags = IOASIM_IOMMUFD_HWPT_DIRTY;
	(void)call(c, iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt);
	(void)call(c, device, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach);
}

/* What nothing works without: an iommufd, and a device bound to it. */
static void prologue(struct caller *c, uint8_t head)
{
	int iommufd = ioasim_iommufd_open(c->system, c->process);
	int device = ioasim_open_device(c->system, c->process, c->device[0]);
	struct ioasim_vfio_bind bind = {.argsz = sizeof(bind), .iommufd = iommufd};

	if (call(c, device, IOASIM_VFIO_BIND_IOMMUFD, &bind))
		breaks(c, "cannot begin", "prologue", 0);
	if (head & 1)
		tables(c, iommufd, device, bind.out_devid);
}

static void judge(struct caller *c)
{
	const struct ioasim_violation *violation = ioasim_system_violation(c->system, 0);

	if (violation)
		breaks(c, violation->text, "rule", violation->rule);
}

static void end(struct caller *c)
{
	const char *left;

	(void)ioasim_process_exit(c->system, c->process);
	left = uapi_left(c->system);
	if (left)
		breaks(c, left, "after all is closed", 0);
	judge(c);
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct caller *c = state;

	*c = (struct caller){.process = 0};
	if (!begin(c, size ? data[0] : 0)) {
		ioasim_system_destroy(c->system);
		return c->broken[0] ? c->broken : NULL;
	}
	user_data(c);
	if (size < 2 || data[1] < 0xf0)
		prologue(c, size < 2 ? 0 : data[1]);
	for (size_t at = HEAD; at + STEP <= size && !c->broken[0]; at += STEP) {
		static void (*const steps[])(struct caller *) = {
			step_call,  step_call, step_call,   step_call, step_call, step_call,
			step_call,  step_call, step_dma,    step_dma,  step_call, step_memory,
			step_queue, step_open, step_memory, step_close};

		c->bytes = (struct fuzz_bytes){data + at, STEP};
		steps[fuzz_byte(&c->bytes) % 16](c);
		judge(c);
	}
	if (!c->broken[0])
		end(c);
	ioasim_system_destroy(c->system);
	return c->broken[0] ? c->broken : NULL;
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return calloc(1, sizeof(struct caller));
}

const struct fuzz_target fuzz_target = {
	.name = "iommufd",
	.max_size = HEAD + STEPS * STEP,
	.structured = true,
	.setup = setup,
	.run = run,
	.finish = free,
};
