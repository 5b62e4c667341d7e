/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual machine monitor in small: it owns the guest's RAM, puts a VT-d unit
 * before it, and receives the unit's interrupts. It also plays the guest's
 * driver, so that there is something to see: the driver writes a root table, a
 * context entry, page tables and an invalidation queue into guest RAM, as a
 * kernel does, and knows the unit by its registers alone.
 *
 * Exit status 0: everything happened as the specification says. Prints TAP.
 */
#include <ioasim/ioasim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* VT-d registers and bits that this driver needs (sections 11.4.2 to 11.4.9). */
enum {
	CAP = 0x08,
	GCMD = 0x18,
	RTADDR = 0x20,
	FSTS = 0x34,
	FECTL = 0x38,
	FEDATA = 0x3c,
	FEADDR = 0x40,
	IQT = 0x88,
	IQA = 0x90,
	ICS = 0x9c,
	IECTL = 0xa0,
	IEDATA = 0xa4,
	IEADDR = 0xa8,
};
#define GCMD_TE                         (UINT32_C(1) << 31)
#define GCMD_SRTP                       (UINT32_C(1) << 30)
#define GCMD_QIE                        (UINT32_C(1) << 26)
#define FSTS_PPF                        (UINT32_C(1) << 1)
#define FRCD_F                          (UINT64_C(1) << 63)
#define PRESENT                         UINT64_C(1)
#define READ_WRITE                      UINT64_C(3)
#define CONTEXT_AW_48                   UINT64_C(2)
#define CONTEXT_DID(did)                ((uint64_t)(did) << 8)
#define INVALIDATE_CONTEXT_ALL          UINT64_C(0x11)
#define INVALIDATE_IOTLB_ALL            UINT64_C(0x12)
#define INVALIDATE_IOTLB_PAGE(did)      (UINT64_C(0x32) | (uint64_t)(did) << 16)
#define WAIT_STATUS_AND_INTERRUPT(data) (UINT64_C(0x35) | (uint64_t)(data) << 32)

/* Where the guest's driver keeps what. */
enum {
	RAM_SIZE = 1 << 20,
	QUEUE = 0x1000,
	STATUS = 0x2000,
	ROOT = 0x3000,
	CONTEXT = 0x4000,
	TABLES = 0x5000, /* four of them, top level first */
	BUFFER = 0x10000,
	OTHER_BUFFER = 0x11000,
};
#define FAULT_VECTOR 0x41u
#define QUEUE_VECTOR 0x42u
#define MSI_ADDRESS  UINT32_C(0xfee00000)
#define DEVICE       UINT32_C(0x0018) /* 00:03.0 */
#define DOMAIN       7
#define IOVA         UINT64_C(0x7f1234567000)

struct vmm {
	unsigned char *ram;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	uint32_t tail;
	unsigned fault_interrupts, queue_interrupts;
	unsigned checks, failed;
};

static void expect(struct vmm *vmm, bool holds, const char *what)
{
	printf("%s %u - %s\n", holds ? "ok" : "not ok", ++vmm->checks, what);
	vmm->failed += !holds;
}

/* The unit sends a message: a VMM would inject the vector into the guest. */
static void interrupt(void *opaque, uint64_t address, uint32_t data)
{
	struct vmm *vmm = opaque;

	printf("# interrupt: 0x%x to 0x%llx\n", data, (unsigned long long)address);
	vmm->fault_interrupts += data == FAULT_VECTOR;
	vmm->queue_interrupts += data == QUEUE_VECTOR;
}

/* The guest's stores go straight to its RAM; the unit reads the same bytes. */
static void store(struct vmm *vmm, uint32_t address, uint64_t value)
{
	memcpy(vmm->ram + address, &value, sizeof(value));
}

/* A guest's access to the unit's register page ends here in a VMM. */
static void write_register(struct vmm *vmm, uint32_t offset, unsigned size, uint64_t value)
{
	if (ioasim_mmio_write(vmm->unit, offset, size, value))
		abort();
}

static uint64_t read_register(struct vmm *vmm, uint32_t offset, unsigned size)
{
	uint64_t value;

	if (ioasim_mmio_read(vmm->unit, offset, size, &value))
		abort();
	return value;
}

static void submit(struct vmm *vmm, uint64_t low, uint64_t high)
{
	store(vmm, QUEUE + vmm->tail, low);
	store(vmm, QUEUE + vmm->tail + 8, high);
	vmm->tail = (vmm->tail + 16) % 4096;
}

/* Sends the queued commands behind a wait and tells whether it completed. */
static bool submit_and_wait(struct vmm *vmm)
{
	uint32_t status;

	store(vmm, STATUS, 0);
	submit(vmm, WAIT_STATUS_AND_INTERRUPT(2), STATUS);
	write_register(vmm, IQT, 8, vmm->tail);
	memcpy(&status, vmm->ram + STATUS, sizeof(status));
	write_register(vmm, ICS, 4, 1); /* serviced */
	return status == 2;
}

/* Maps the page of `iova` (48 bits, 4 levels). */
static void map(struct vmm *vmm, uint64_t iova, uint64_t pa, uint64_t rights)
{
	uint32_t table = TABLES;

	for (unsigned level = 3; level > 0; level--, table += 0x1000)
		store(vmm, table + 8 * (uint32_t)(iova >> (12 + 9 * level) & 511),
		      (table + 0x1000) | READ_WRITE);
	store(vmm, table + 8 * (uint32_t)(iova >> 12 & 511), pa | rights);
}

/* What the guest's driver does at boot. */
static void driver_start(struct vmm *vmm)
{
	write_register(vmm, FEDATA, 4, FAULT_VECTOR);
	write_register(vmm, FEADDR, 4, MSI_ADDRESS);
	write_register(vmm, FECTL, 4, 0);
	write_register(vmm, IEDATA, 4, QUEUE_VECTOR);
	write_register(vmm, IEADDR, 4, MSI_ADDRESS);
	write_register(vmm, IECTL, 4, 0);

	store(vmm, ROOT, CONTEXT | PRESENT); /* bus 0 */
	store(vmm, CONTEXT + 16 * DEVICE, TABLES | PRESENT);
	store(vmm, CONTEXT + 16 * DEVICE + 8, CONTEXT_AW_48 | CONTEXT_DID(DOMAIN));
	map(vmm, IOVA, BUFFER, READ_WRITE);

	write_register(vmm, IQT, 8, 0);
	write_register(vmm, IQA, 8, QUEUE); /* one page, 128-bit descriptors */
	write_register(vmm, GCMD, 4, GCMD_QIE);
	write_register(vmm, RTADDR, 8, ROOT); /* legacy mode */
	write_register(vmm, GCMD, 4, GCMD_QIE | GCMD_SRTP);
	submit(vmm, INVALIDATE_CONTEXT_ALL, 0);
	submit(vmm, INVALIDATE_IOTLB_ALL, 0);
	expect(vmm, submit_and_wait(vmm), "the first invalidations complete");
	expect(vmm, vmm->queue_interrupts == 1, "the wait sends its interrupt");
	write_register(vmm, GCMD, 4, GCMD_QIE | GCMD_TE);
}

/* A device of the VMM accesses guest memory. */
static struct ioasim_response dma(struct vmm *vmm, uint8_t access, uint64_t address)
{
	const struct ioasim_request request = {
		.requester_id = DEVICE,
		.address = address,
		.length = 4,
		.access = access,
	};
	struct ioasim_response response;

	ioasim_translate(vmm->unit, &request, &response);
	if (response.outcome == IOASIM_OK)
		printf("# %s 0x%llx -> 0x%llx\n", access == IOASIM_WRITE ? "write" : "read",
		       (unsigned long long)address, (unsigned long long)response.pa);
	else
		printf("# %s 0x%llx: fault 0x%x (%s)\n", access == IOASIM_WRITE ? "write" : "read",
		       (unsigned long long)address, response.fault.code,
		       ioasim_fault_name("vtd", response.fault.code));
	return response;
}

static void use(struct vmm *vmm)
{
	uint32_t frcd = 16 * (uint32_t)(read_register(vmm, CAP, 8) >> 24 & 0x3ff);
	struct ioasim_response answer;

	answer = dma(vmm, IOASIM_WRITE, IOVA + 0x123);
	expect(vmm, answer.outcome == IOASIM_OK && answer.pa == BUFFER + 0x123,
	       "a mapped page is translated");

	/* The driver moves the page; without an invalidation the old one may stay. */
	map(vmm, IOVA, OTHER_BUFFER, PRESENT); /* now read-only */
	submit(vmm, INVALIDATE_IOTLB_PAGE(DOMAIN), IOVA);
	expect(vmm, submit_and_wait(vmm), "the invalidation completes");
	answer = dma(vmm, IOASIM_READ, IOVA + 0x123);
	expect(vmm, answer.outcome == IOASIM_OK && answer.pa == OTHER_BUFFER + 0x123,
	       "the new page is seen after it");

	answer = dma(vmm, IOASIM_WRITE, IOVA);
	expect(vmm, answer.outcome == IOASIM_FAULT && answer.fault.code == 5,
	       "a write to a read-only page faults (LGN.2)");
	expect(vmm, vmm->fault_interrupts == 1, "the fault event sends its interrupt");
	expect(vmm, read_register(vmm, FSTS, 4) & FSTS_PPF, "the fault status says so");
	expect(vmm, read_register(vmm, frcd, 8) == IOVA, "the record holds the address");
	expect(vmm, (read_register(vmm, frcd + 8, 8) & 0xffff) == DEVICE, "and the device");
	write_register(vmm, frcd + 8, 8, FRCD_F);
	expect(vmm, !(read_register(vmm, FSTS, 4) & FSTS_PPF), "clearing the record serves it");
}

int main(void)
{
	struct vmm vmm = {.ram = aligned_alloc(4096, RAM_SIZE)};
	struct ioasim_unit_config config;
	const char *why = "out of memory";

	if (!vmm.ram)
		return EXIT_FAILURE;
	memset(vmm.ram, 0, RAM_SIZE);
	vmm.memory = ioasim_memory_create();
	if (!vmm.memory || ioasim_memory_add_buffer(vmm.memory, 0, RAM_SIZE, vmm.ram) ||
	    ioasim_unit_config_init(&config, "vtd"))
		return EXIT_FAILURE;
	config.callbacks.interrupt = interrupt;
	config.opaque = &vmm;
	if (ioasim_unit_create(&config, vmm.memory, &vmm.unit, &why)) {
		fprintf(stderr, "no unit: %s\n", why);
		return EXIT_FAILURE;
	}
	printf("# libioasim %s\n", ioasim_version());
	driver_start(&vmm);
	use(&vmm);
	printf("1..%u\n", vmm.checks);

	ioasim_unit_destroy(vmm.unit);
	ioasim_memory_destroy(vmm.memory);
	free(vmm.ram);
	return vmm.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
