/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random calls of an iommufd on a machine of each architecture, with DMA between them: each
 * step is a call of the table, whose members are small numbers, addresses of the process or
 * the step's own bytes. What must hold: no security rule is broken, a call that fails gives
 * an errno of a known call, and nothing crashes. Inputs are kept as they are.
 */
#include "fuzz.h"

#include "model/iommufd/calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEP   16u
#define STEPS  48u
#define MEMORY UINT64_C(0x40000000)
#define SIZE   UINT64_C(0x200000)

#define DEVICES 3u

struct machine {
	struct ioasim_system *system;
	int process, fd;
	int device[DEVICES], device_fd[DEVICES];
	int queue; /* the last descriptor that a call gave; -1 */
	uint32_t event; /* the last one that waits; 0 */
};

/* ---- The machine ----------------------------------------------------------------------- */

static bool device_add(struct machine *m, unsigned n)
{
	const struct ioasim_device_config config = {
		.requester_id = 0x28 + n,
		.parent = IOASIM_NO_DEVICE,
		.pf = IOASIM_NO_DEVICE,
		.group = n < 2 ? 1 : IOASIM_GROUP_OWN,
		.capabilities = n ? IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI : 0,
		.pasid_bits = n == 2 ? 8 : 0,
	};

	m->device[n] = ioasim_device_add(m->system, &config);
	if (m->device[n] < 0)
		return false;
	m->device_fd[n] = ioasim_open_device(m->system, m->process, m->device[n]);
	return m->device_fd[n] >= 0;
}

static bool machine_open(struct machine *m, const char *arch)
{
	struct ioasim_system_config config;

	memset(m, 0, sizeof(*m));
	m->queue = -1;
	if (ioasim_system_config_init(&config, arch))
		return false;
	config.user_memory = 4 * SIZE;
	config.kernel_memory = UINT64_C(0x2000000);
	if (ioasim_system_create(&config, &m->system, NULL))
		return false;
	m->process = ioasim_process_create(m->system);
	m->fd = ioasim_iommufd_open(m->system, m->process);
	for (unsigned n = 0; n < DEVICES; n++)
		if (!device_add(m, n))
			return false;
	return m->fd >= 0 && !ioasim_process_mmap(m->system, m->process, MEMORY, SIZE,
						  IOASIM_READ | IOASIM_WRITE);
}

/* ---- Steps -------------------------------------------------------------------------------- */

static bool is(const struct iofd_member *member, const char *name)
{
	return strcmp(member->name, name) == 0;
}

/* IDs: the prologue gave devices 1 to 3 and an IOAS 4; what follows are all others. */
static uint32_t id_of(const struct iofd_member *member, uint8_t byte)
{
	if (byte >= 0xf0)
		return byte & 0x0f;
	if (is(member, "dev_id"))
		return 1 + byte % 3;
	if (strstr(member->name, "ioas_id") || (is(member, "pt_id") && byte < 0x70))
		return 4;
	return 4 + byte % 12;
}

static uint64_t number_of(const struct iofd_member *member, uint8_t byte)
{
	if (byte >= 0xfa)
		return UINT64_MAX - (byte & 3);
	if (is(member, "page_size"))
		return 4096;
	if (is(member, "length") || is(member, "size"))
		return (1 + (uint64_t)(byte & 3)) * 4096;
	return (uint64_t)(byte & 0x1f) * (byte >= 0xe0 ? 64 : 4096);
}

/* A value for a member, of one byte: mostly what makes sense, now and then what does not. */
static uint64_t value_of(const struct iofd_member *member, uint8_t byte)
{
	uint64_t known = member->known;

	switch (member->kind) {
	case IOFD_RESERVED:
		return byte == 0xff;
	case IOFD_FLAGS: /* 6: readable and writeable, where there is that */
		return byte == 0xff ? 0x80 : (known & byte) | (known & 6);
	case IOFD_POINTER:
		return MEMORY + (uint64_t)(byte & 0x7f) * 4096 + (byte >= 0xe0 ? 8 : 0);
	default:
		break;
	}
	if (strstr(member->name, "_id") || is(member, "id"))
		return id_of(member, byte);
	if (is(member, "flags"))
		return byte < 0x60 ? 0 : byte < 0xf0 ? 1u << (byte & 3) : byte & 0x0f;
	if (is(member, "data_type") || is(member, "data_len"))
		return byte < 0xc0 ? 0 : byte & 0x20 ? 24 : byte & 3;
	return member->bytes < sizeof(uint64_t) ? byte & 7u : number_of(member, byte);
}

static void call(struct machine *m, const uint8_t *step)
{
	unsigned count = 0;
	const struct iofd_call_entry *entry;
	unsigned char argument[256] = {0};
	uint32_t size;
	int fd = m->fd;

	while (iofd_call_table(count))
		count++;
	entry = iofd_call_table(step[1] % count);
	size = entry->structure ? entry->size : 8;
	memcpy(argument, &size, sizeof(size));
	for (const struct iofd_member *at = entry->members; at && at->name; at++) {
		uint64_t value = value_of(at, step[2 + (unsigned)(at - entry->members) % 13]);

		if (strcmp(at->name, "iommufd") == 0)
			value = (uint64_t)m->fd;
		memcpy(argument + at->offset, &value, at->bytes);
	}
	if (entry->where == IOFD_ON_DEVICE)
		fd = m->device_fd[step[15] % DEVICES];
	if (ioasim_iommufd_ioctl(m->system, m->process, fd, entry->request,
				 entry->structure ? (void *)argument
						  : (void *)(uintptr_t)(step[2] % 12)))
		return;
	if (entry->request == IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC)
		m->queue = (int)((const struct ioasim_iommufd_fault_alloc *)(void *)argument)
				   ->out_fault_fd;
}

static void dma(struct machine *m, const uint8_t *step)
{
	const struct ioasim_dma access = {
		.device = m->device[step[1] % DEVICES],
		.has_pasid = step[2] & 1,
		.pasid = step[3] & 0x1f,
		.address = (uint64_t)(step[4] & 0x3f) * (step[5] & 1 ? 4096 : 64),
		.length = 1,
		.access = step[6] & 1 ? IOASIM_WRITE : IOASIM_READ,
	};
	struct ioasim_dma_result result;

	if (!ioasim_dma(m->system, &access, &result) && result.outcome == IOASIM_DMA_PENDING)
		m->event = result.event;
}

static void answer(struct machine *m, const uint8_t *step)
{
	struct ioasim_iommufd_pgfault fault[4];
	struct ioasim_iommufd_page_response response = {step[1] & 7, step[2] & 1};
	struct ioasim_dma_result result;

	(void)ioasim_iommufd_read(m->system, m->process, m->queue, fault, step[3] & 1 ? 160 : 40);
	(void)ioasim_iommufd_poll(m->system, m->process, m->queue);
	(void)ioasim_iommufd_write(m->system, m->process, m->queue, &response, sizeof(response));
	if (!ioasim_dma_retry(m->system, m->event, &result))
		m->event = 0;
}

/* Memory comes and goes, and is stored to: arguments, and guests' tables. */
static void memory(struct machine *m, const uint8_t *step)
{
	uint64_t page = MEMORY + (uint64_t)(step[1] & 0x7f) * 4096, word;

	memcpy(&word, step + 4, sizeof(word));
	switch (step[2] & 3) {
	case 0:
		(void)ioasim_process_munmap(m->system, m->process, page, 4096);
		break;
	case 1:
		(void)ioasim_process_mmap(m->system, m->process, page, 4096,
					  step[3] & 1 ? IOASIM_READ : IOASIM_READ | IOASIM_WRITE);
		break;
	default:
		if (step[3] & 1)
			word &= UINT64_C(0x3f0fff);
		(void)ioasim_process_write(m->system, m->process, page + (step[3] & 0x3e) * 4,
					   &word, sizeof(word));
		break;
	}
}

static void files(struct machine *m, const uint8_t *step)
{
	unsigned n = step[1] % (DEVICES + 1);

	/* Seldom: most of a program wants them open. */
	if (step[2] > 0x10)
		return;
	if (n == DEVICES) {
		(void)ioasim_close(m->system, m->process, m->fd);
		m->fd = ioasim_iommufd_open(m->system, m->process);
		return;
	}
	(void)ioasim_close(m->system, m->process, m->device_fd[n]);
	m->device_fd[n] = ioasim_open_device(m->system, m->process, m->device[n]);
}

static void step_do(struct machine *m, const uint8_t *step)
{
	if (step[0] < 0xb0)
		call(m, step);
	else if (step[0] < 0xd8)
		dma(m, step);
	else if (step[0] < 0xe8)
		answer(m, step);
	else if (step[0] < 0xf8)
		memory(m, step);
	else
		files(m, step);
}

/* ---- The target ----------------------------------------------------------------------------- */

/* What most programs need, so that they get somewhere: bound devices and an IOAS. */
static void prologue(struct machine *m, bool further)
{
	struct ioasim_iommufd_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct ioasim_iommufd_hwpt_alloc hwpt = {
		.size = sizeof(hwpt), .flags = 1, .dev_id = 3, .pt_id = 4};
	struct ioasim_iommufd_viommu_alloc viommu = {
		.size = sizeof(viommu), .type = 1, .dev_id = 3, .hwpt_id = 5};
	struct ioasim_vfio_attach attach = {.argsz = sizeof(attach), .pt_id = 4};
	struct ioasim_vfio_bind bind = {.argsz = sizeof(bind), .iommufd = m->fd};

	for (unsigned n = 0; n < DEVICES; n++)
		(void)ioasim_iommufd_ioctl(m->system, m->process, m->device_fd[n],
					   IOASIM_VFIO_BIND_IOMMUFD, &bind);
	(void)ioasim_iommufd_ioctl(m->system, m->process, m->fd, IOASIM_IOMMUFD_IOAS_ALLOC, &ioas);
	if (!further)
		return;
	/* 5: a nest parent; 6: a virtual IOMMU, where there are some. */
	(void)ioasim_iommufd_ioctl(m->system, m->process, m->fd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt);
	(void)ioasim_iommufd_ioctl(m->system, m->process, m->fd, IOASIM_IOMMUFD_VIOMMU_ALLOC,
				   &viommu);
	(void)ioasim_iommufd_ioctl(m->system, m->process, m->device_fd[2],
				   IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach);
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	static const char *const archs[] = {"vtd", "amdvi", "smmuv3"};
	const char *broken = NULL;
	struct machine m;

	(void)state;
	if (size < 1 + STEP || !machine_open(&m, archs[data[0] % 3])) {
		if (size >= 1 + STEP)
			ioasim_system_destroy(m.system);
		return NULL;
	}
	if (!(data[0] & 0x80))
		prologue(&m, data[0] & 0x40);
	for (size_t at = 1; at + STEP <= size; at += STEP)
		step_do(&m, data + at);
	if (ioasim_system_violation(m.system, 0)) {
		static char text[256];

		strncpy(text, ioasim_system_violation(m.system, 0)->text, sizeof(text) - 1);
		broken = text;
	}
	ioasim_system_destroy(m.system);
	return broken;
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return calloc(1, 1);
}

static void finish(void *state)
{
	free(state);
}

const struct fuzz_target fuzz_target = {
	.name = "iommufd",
	.max_size = 1 + STEP * STEPS,
	.structured = true,
	.setup = setup,
	.run = run,
	.finish = finish,
};
