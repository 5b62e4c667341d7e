/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi_flow.h"

#include <stdlib.h>
#include <string.h>

/* ---- The machine ---------------------------------------------------------------------------- */

bool flow_is(const struct flow *flow, const char *arch)
{
	return strcmp(flow->arch, arch) == 0;
}

bool flow_delegates(const struct flow *flow)
{
	return !flow_is(flow, "vtd");
}

static void command(void *opaque, enum ioasim_command_class class, const uint64_t *words,
		    unsigned count)
{
	struct flow_seen *seen = opaque;

	(void)words;
	(void)count;
	if (seen->count < sizeof(seen->class))
		seen->class[seen->count++] = (uint8_t) class;
}

static void begin(struct flow *flow, const struct ioasim_system_config *config)
{
	assert_int_equal(ioasim_system_create(config, &flow->system, NULL), 0);
	ioasim_system_watch(flow->system, command, &flow->seen);
	flow->devices = 0;
	flow->process = ioasim_process_create(flow->system);
	assert_true(flow->process >= 0);
	assert_int_equal(ioasim_process_mmap(flow->system, flow->process, FLOW_MEMORY,
					     FLOW_MEMORY_SIZE, IOASIM_READ | IOASIM_WRITE),
			 0);
	flow->fd = ioasim_open(flow->system, flow->process, IOASIM_FD_IOASID);
	assert_true(flow->fd >= 0);
}

int flow_setup(void **state)
{
	struct flow *flow = calloc(1, sizeof(*flow));
	struct ioasim_system_config config;

	assert_non_null(flow);
	flow->arch = *state;
	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	begin(flow, &config);
	*state = flow;
	return 0;
}

void flow_restart(struct flow *flow, const struct ioasim_system_config *config)
{
	ioasim_system_destroy(flow->system);
	begin(flow, config);
}

/* No DMA of a test may break a rule. */
int flow_teardown(void **state)
{
	struct flow *flow = *state;
	const struct ioasim_violation *broken = ioasim_system_violation(flow->system, 0);

	if (broken)
		print_error("S%u: %s\n", broken->rule, broken->text);
	assert_null(broken);
	ioasim_system_destroy(flow->system);
	free(flow);
	return 0;
}

/* ---- Devices --------------------------------------------------------------------------------- */

unsigned flow_add(struct flow *flow, const struct ioasim_device_config *config)
{
	unsigned n = flow->devices++;

	assert_true(n < FLOW_DEVICES);
	flow->device[n] = ioasim_device_add(flow->system, config);
	assert_true(flow->device[n] >= 0);
	flow->device_fd[n] = ioasim_open_device(flow->system, flow->process, flow->device[n]);
	assert_true(flow->device_fd[n] >= 0);
	return n;
}

unsigned flow_pdev(struct flow *flow, uint32_t rid, uint32_t capabilities, unsigned pasid_bits)
{
	const struct ioasim_device_config config = {
		.requester_id = rid,
		.parent = IOASIM_NO_DEVICE,
		.pf = IOASIM_NO_DEVICE,
		.group = IOASIM_GROUP_OWN,
		.capabilities = capabilities,
		.pasid_bits = pasid_bits,
	};

	return flow_add(flow, &config);
}

unsigned flow_mdev(struct flow *flow, unsigned parent, uint32_t capabilities, unsigned pasid_bits)
{
	const struct ioasim_device_config config = {
		.parent = flow->device[parent],
		.pf = IOASIM_NO_DEVICE,
		.group = IOASIM_GROUP_OWN,
		.capabilities = capabilities,
		.pasid_bits = pasid_bits,
	};

	return flow_add(flow, &config);
}

static int device_call(struct flow *flow, unsigned device, uint32_t call, void *argument)
{
	return ioasim_ioctl(flow->system, flow->process, flow->device_fd[device], call, argument);
}

static int fd_call(struct flow *flow, uint32_t call, void *argument)
{
	return ioasim_ioctl(flow->system, flow->process, flow->fd, call, argument);
}

int flow_bind(struct flow *flow, unsigned device, uint64_t cookie)
{
	struct ioasim_device_bind arg = {
		.size = sizeof(arg), .ioasid_fd = flow->fd, .cookie = cookie};

	return device_call(flow, device, IOASIM_DEVICE_BIND, &arg);
}

int flow_attach(struct flow *flow, unsigned device, int ioasid, uint32_t vpasid)
{
	struct ioasim_device_attach arg = {.size = sizeof(arg),
					   .ioasid_fd = flow->fd,
					   .ioasid = (uint32_t)ioasid,
					   .vpasid = vpasid};

	return device_call(flow, device, IOASIM_DEVICE_ATTACH, &arg);
}

int flow_detach(struct flow *flow, unsigned device, int ioasid, uint32_t vpasid)
{
	struct ioasim_device_attach arg = {.size = sizeof(arg),
					   .ioasid_fd = flow->fd,
					   .ioasid = (uint32_t)ioasid,
					   .vpasid = vpasid};

	return device_call(flow, device, IOASIM_DEVICE_DETACH, &arg);
}

/* ---- Address spaces ---------------------------------------------------------------------------- */

int flow_alloc(struct flow *flow, enum ioasim_ioasid_kind kind, int parent, uint64_t root,
	       uint32_t flags)
{
	struct ioasim_ioasid_alloc arg = {
		.size = sizeof(arg),
		.flags = flags,
		.kind = kind,
		.parent = (uint32_t)parent,
		.table_lg2 = kind == IOASIM_IOASID_PASID_TABLE ? 6 : 0,
		.root = root,
	};

	return fd_call(flow, IOASIM_IOASID_ALLOC, &arg);
}

int flow_kernel(struct flow *flow)
{
	int ioasid = flow_alloc(flow, IOASIM_IOASID_KERNEL, 0, 0, 0);

	assert_true(ioasid > 0);
	return ioasid;
}

int flow_nest_parent(struct flow *flow)
{
	int ioasid = flow_alloc(flow, IOASIM_IOASID_KERNEL, 0, 0, IOASIM_IOASID_NEST_PARENT);

	assert_true(ioasid > 0);
	return ioasid;
}

int flow_user(struct flow *flow, int parent, uint32_t flags)
{
	int ioasid = flow_delegates(flow)
			     ? flow_alloc(flow, IOASIM_IOASID_PASID_TABLE, parent, FLOW_PASID_TABLE,
					  flags)
			     : flow_alloc(flow, IOASIM_IOASID_USER, parent, FLOW_TABLE, flags);

	assert_true(ioasid > 0);
	return ioasid;
}

int flow_free(struct flow *flow, int ioasid)
{
	struct ioasim_ioasid_id arg = {.size = sizeof(arg), .ioasid = (uint32_t)ioasid};

	return fd_call(flow, IOASIM_IOASID_FREE, &arg);
}

int flow_map(struct flow *flow, int ioasid, uint64_t iova, uint64_t vaddr, uint64_t size)
{
	struct ioasim_map_dma arg = {.size = sizeof(arg),
				     .ioasid = (uint32_t)ioasid,
				     .prot = IOASIM_READ | IOASIM_WRITE,
				     .iova = iova,
				     .vaddr = vaddr,
				     .length = size};

	return fd_call(flow, IOASIM_MAP_DMA, &arg);
}

int64_t flow_unmap(struct flow *flow, int ioasid, uint64_t iova, uint64_t size)
{
	struct ioasim_unmap_dma arg = {
		.size = sizeof(arg), .ioasid = (uint32_t)ioasid, .iova = iova, .length = size};
	int error = fd_call(flow, IOASIM_UNMAP_DMA, &arg);

	return error ? error : (int64_t)arg.unmapped;
}

enum ioasim_ioasid_state flow_state(struct flow *flow, int ioasid)
{
	struct ioasim_ioasid_info arg = {.size = sizeof(arg), .ioasid = (uint32_t)ioasid};

	assert_int_equal(fd_call(flow, IOASIM_IOASID_GET_INFO, &arg), 0);
	return (enum ioasim_ioasid_state)arg.state;
}

int flow_invalidate(struct flow *flow, int ioasid, uint32_t scope, uint32_t cache, uint32_t vpasid,
		    uint64_t address, uint64_t length)
{
	struct ioasim_invalidate arg = {.size = sizeof(arg),
					.ioasid = (uint32_t)ioasid,
					.scope = scope,
					.cache = cache,
					.vpasid = vpasid,
					.address = address,
					.length = length};

	return fd_call(flow, IOASIM_INVALIDATE_CACHE, &arg);
}

bool flow_event(struct flow *flow, struct ioasim_event *event)
{
	int count = ioasim_event_read(flow->system, flow->process, flow->fd, event, 1);

	assert_true(count >= 0);
	return count == 1;
}

int flow_respond(struct flow *flow, uint32_t event, uint32_t code)
{
	struct ioasim_fault_response arg = {.size = sizeof(arg), .event = event, .code = code};

	return fd_call(flow, IOASIM_PAGE_RESPONSE, &arg);
}

/* ---- DMA -------------------------------------------------------------------------------------- */

struct ioasim_dma_result flow_dma(struct flow *flow, unsigned device, uint32_t pasid,
				  unsigned access, uint64_t address)
{
	const struct ioasim_dma dma = {
		.device = flow->device[device],
		.has_pasid = pasid != FLOW_NONE,
		.pasid = pasid,
		.address = address,
		.length = 1,
		.access = (uint8_t)access,
	};
	struct ioasim_dma_result result;

	assert_int_equal(ioasim_dma(flow->system, &dma, &result), 0);
	return result;
}

void flow_reaches(struct flow *flow, const struct ioasim_dma_result *result, uint64_t vaddr)
{
	ioasim_pa_t pa;

	if (result->outcome != IOASIM_DMA_REACHES)
		print_error("faults with class %u\n", result->class);
	assert_int_equal(result->outcome, IOASIM_DMA_REACHES);
	assert_int_equal(ioasim_process_page(flow->system, flow->process, vaddr, &pa), 0);
	assert_int_equal(result->pa, pa);
}

/* ---- A guest's stores -------------------------------------------------------------------------- */

static void store(struct flow *flow, uint64_t gpa, uint64_t word)
{
	assert_int_equal(ioasim_process_write(flow->system, flow->process, FLOW_MEMORY + gpa, &word,
					      sizeof(word)),
			 0);
}

/* One table of each level, at FLOW_TABLE and the pages behind it, root first. */
void flow_guest_table(struct flow *flow)
{
	/* Arm ARM D8.3: table descriptor. x86: present, writable, user, accessed. */
	uint64_t flags = flow_is(flow, "smmuv3") ? 0x3 : 0x27;

	for (unsigned i = 0; i < 3; i++)
		store(flow, FLOW_TABLE + i * 0x1000, (FLOW_TABLE + (i + 1) * 0x1000) | flags);
}

/* Addresses below 2 MiB. */
void flow_guest_page(struct flow *flow, uint64_t va, uint64_t gpa, bool writable)
{
	uint64_t word = gpa;

	assert_true(va < 0x200000);
	if (gpa == UINT64_MAX)
		word = 0;
	else if (flow_is(flow, "smmuv3"))
		/* Page, EL0 (AP[1]), read-only or not (AP[2]), inner shareable, AF, nG. */
		word |= 0x3 | 0x40 | (writable ? 0 : 0x80) | 0x300 | 0x400 | 0x800;
	else
		/* Present, writable or not, user, accessed, dirty. */
		word |= 0x65 | (writable ? 2 : 0);
	store(flow, FLOW_TABLE + 0x3000 + (va >> 12) * 8, word);
}

void flow_guest_pasid(struct flow *flow, uint32_t pasid, bool valid)
{
	uint64_t at = FLOW_PASID_TABLE;

	if (flow_is(flow, "amdvi")) {
		/* AMD-Vi 2.2.6.3: root and V. */
		store(flow, at + pasid * 8, valid ? FLOW_TABLE | 1 : 0);
		return;
	}
	/* SMMUv3 5.4: MAIR0, TTB0, then T0SZ 16, IR0, OR0 1, SH0 3, EPD1, V, IPS 5, AA64,
	 * R, A, ASET, ASID 7. */
	at += pasid * 64;
	store(flow, at + 24, 0xff);
	store(flow, at + 8, FLOW_TABLE);
	store(flow, at,
	      valid ? 16 | 0x100 | 0x400 | 0x3000 | UINT64_C(1) << 30 | UINT64_C(1) << 31 |
			      UINT64_C(5) << 32 | UINT64_C(1) << 41 | UINT64_C(7) << 45 |
			      UINT64_C(7) << 48
		    : 0);
}

/* ---- Commands ------------------------------------------------------------------------------------ */

void flow_forget(struct flow *flow)
{
	flow->seen.count = 0;
}

bool flow_saw(const struct flow *flow, unsigned count, const uint8_t *classes)
{
	unsigned next = 0;

	for (unsigned i = 0; i < flow->seen.count && next < count; i++) {
		if (flow->seen.class[i] == classes[next])
			next++;
	}
	return next == count;
}
