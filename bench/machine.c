/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include "vtd/registers.h"
#include "vtd/structures.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 0x1000u

bool bench_config(struct ioasim_unit_config *config)
{
	return ioasim_unit_config_init(config, "vtd") == 0 &&
	       ioasim_unit_config_set(config, "cap", UINT64_C(0x81d2078c402f0606)) == 0 &&
	       ioasim_unit_config_set(config, "ecap", UINT64_C(0x33ef9ee4f050df)) == 0;
}

static uint64_t *word(struct bench_machine *machine, uint64_t address)
{
	return (uint64_t *)(void *)(machine->ram + address);
}

static uint64_t page_new(struct bench_machine *machine)
{
	uint64_t page = machine->used;

	machine->used += PAGE;
	return page;
}

/* What a format calls present, and its final bits. */
struct format {
	uint64_t pointer, leaf;
};

/* Both stages: 48 bits, four levels of 512 entries. */
static void map(struct bench_machine *machine, uint64_t table, uint64_t input, uint64_t output,
		const struct format *format)
{
	for (unsigned level = 3; level > 0; level--) {
		unsigned low = 12 + 9 * level;
		uint64_t *entry = word(machine, table + 8 * field_get(low + 8, low, input));

		if (!*entry)
			*entry = page_new(machine) | format->pointer;
		table = field_bits(51, 12, *entry);
	}
	*word(machine, table + 8 * field_get(20, 12, input)) = output | format->leaf;
}

uint64_t bench_machine_pa(const struct bench_machine *machine, unsigned page)
{
	(void)machine;
	return BENCH_DATA + (uint64_t)page * PAGE;
}

static void map_pages(struct bench_machine *machine, uint64_t table, unsigned pages,
		      const struct format *format)
{
	for (unsigned i = 0; i < pages; i++)
		map(machine, table, BENCH_IOVA + (uint64_t)i * PAGE, bench_machine_pa(machine, i),
		    format);
}

static const struct format second_stage = {
	.pointer = FIELD_VALUE(VTD_SS_RW, 3),
	.leaf = FIELD_VALUE(VTD_SS_RW, 3),
};

/* Accessed and dirty are set beforehand, as Linux does. */
static const struct format first_stage = {
	.pointer = FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_RW) | FIELD_MASK(VTD_FS_US) |
		   FIELD_MASK(VTD_FS_A),
	.leaf = FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_RW) | FIELD_MASK(VTD_FS_US) |
		FIELD_MASK(VTD_FS_A) | FIELD_MASK(VTD_FS_D),
};

#define AW_48 2

static void build_legacy(struct bench_machine *machine, unsigned pages)
{
	uint64_t context = page_new(machine), table = page_new(machine);
	uint64_t *entry = word(machine, context + VTD_CONTEXT_SIZE * BENCH_RID);

	*word(machine, machine->root) = context | FIELD_MASK(VTD_ROOT_P);
	entry[0] = table | FIELD_MASK(VTD_CONTEXT_0_P);
	entry[1] = FIELD_VALUE(VTD_CONTEXT_1_AW, AW_48) | FIELD_VALUE(VTD_CONTEXT_1_DID, BENCH_DID);
	map_pages(machine, table, pages, &second_stage);
	machine->rtaddr = machine->root;
}

/* Guest addresses equal host addresses, in 4 KiB pages of the second stage. */
static void build_nested(struct bench_machine *machine, unsigned pages)
{
	uint64_t context = page_new(machine), directory = page_new(machine);
	uint64_t pasids = page_new(machine), first = page_new(machine), second = page_new(machine);
	uint64_t *entry = word(machine, pasids); /* RID_PASID is 0 */

	*word(machine, machine->root) = context | FIELD_MASK(VTD_ROOT_P);
	*word(machine, context + VTD_SCALABLE_CONTEXT_SIZE * BENCH_RID) =
		directory | FIELD_MASK(VTD_SCALABLE_CONTEXT_0_P);
	*word(machine, directory) = pasids | FIELD_MASK(VTD_PASID_DIRECTORY_P);
	entry[0] = second | FIELD_MASK(VTD_PASID_0_P) | FIELD_VALUE(VTD_PASID_0_AW, AW_48) |
		   FIELD_VALUE(VTD_PASID_0_PGTT, 3);
	entry[1] = FIELD_VALUE(VTD_PASID_1_DID, BENCH_DID) | FIELD_MASK(VTD_PASID_1_PWSNP);
	entry[2] = first;
	map_pages(machine, first, pages, &first_stage);
	/* The second stage's own tables come last: they need no mapping. */
	for (uint64_t pa = 0, end = machine->used; pa < end; pa += PAGE)
		map(machine, second, pa, pa, &second_stage);
	for (unsigned i = 0; i < pages; i++)
		map(machine, second, bench_machine_pa(machine, i), bench_machine_pa(machine, i),
		    &second_stage);
	machine->rtaddr = machine->root | FIELD_VALUE(VTD_RTADDR_TTM, 1);
}

struct bench_machine *bench_machine_create(enum bench_mode mode, unsigned pages)
{
	struct bench_machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return NULL;
	machine->ram = aligned_alloc(PAGE, BENCH_RAM_SIZE);
	if (!machine->ram) {
		free(machine);
		return NULL;
	}
	memset(machine->ram, 0, BENCH_RAM_SIZE);
	machine->used = BENCH_QUEUE + PAGE;
	machine->root = page_new(machine);
	if (mode == BENCH_LEGACY)
		build_legacy(machine, pages);
	else
		build_nested(machine, pages);
	return machine;
}

bool bench_machine_start(struct bench_machine *machine, const struct ioasim_unit_config *config,
			 const char **why)
{
	const uint32_t on = FIELD_MASK(VTD_GCMD_QIE);
	uint64_t status;

	*why = "no memory";
	machine->memory = ioasim_memory_create();
	if (!machine->memory ||
	    ioasim_memory_add_buffer(machine->memory, 0, BENCH_RAM_SIZE, machine->ram))
		return false;
	if (ioasim_unit_create(config, machine->memory, &machine->unit, why))
		return false;
	*why = "the unit did not do as told";
	return ioasim_mmio_write(machine->unit, VTD_IQA, 8, BENCH_QUEUE) == 0 &&
	       ioasim_mmio_write(machine->unit, VTD_RTADDR, 8, machine->rtaddr) == 0 &&
	       ioasim_mmio_write(machine->unit, VTD_GCMD, 4, FIELD_MASK(VTD_GCMD_SRTP)) == 0 &&
	       ioasim_mmio_write(machine->unit, VTD_GCMD, 4, on) == 0 &&
	       ioasim_mmio_write(machine->unit, VTD_GCMD, 4, on | FIELD_MASK(VTD_GCMD_TE)) == 0 &&
	       ioasim_mmio_read(machine->unit, VTD_GSTS, 4, &status) == 0 &&
	       field_get(VTD_GSTS_TES, status) && field_get(VTD_GSTS_QIES, status);
}

void bench_machine_destroy(struct bench_machine *machine)
{
	if (!machine)
		return;
	ioasim_unit_destroy(machine->unit);
	ioasim_memory_destroy(machine->memory);
	free(machine->ram);
	free(machine);
}
