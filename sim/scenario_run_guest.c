/* SPDX-License-Identifier: Apache-2.0 */
/* `guest` steps of a scenario: stores to the memory of a process that is a VM, at guest
 * addresses, in the formats of the architecture. */
#include "model/arch.h"
#include "model/guest.h"
#include "scenario_parse.h"
#include "scenario_run.h"

#include <errno.h>
#include <stdlib.h>

/* PASIDs of a guest's table, as a logarithm. */
#define PASIDS_LG2 6

/* The memory of a guest. */
struct vm {
	struct scn_run *run;
	int process;
};

struct scn_table {
	bool pasid;
	uint64_t root;
	uint16_t tag; /* the guest's own, one per name */
	struct guest_table pages;
	struct vm vm;
};

/* ---- Memory ----------------------------------------------------------------------------- */

static bool host_address(const struct vm *vm, uint64_t gpa, uint64_t *hva)
{
	const struct scenario *s = vm->run->scenario;

	for (uint32_t i = 0; i < s->n_ram; i++) {
		if (gpa < s->ram[i].gpa || gpa - s->ram[i].gpa >= s->ram[i].size)
			continue;
		*hva = s->ram[i].hva + (gpa - s->ram[i].gpa);
		return true;
	}
	return false;
}

static int vm_read(void *opaque, uint64_t gpa, uint64_t *word)
{
	const struct vm *vm = opaque;
	uint64_t hva;

	if (!host_address(vm, gpa, &hva))
		return -EFAULT;
	return ioasim_process_read(vm->run->system, vm->run->process[vm->process], hva, word,
				   sizeof(*word));
}

static int vm_write(void *opaque, uint64_t gpa, uint64_t word)
{
	const struct vm *vm = opaque;
	uint64_t hva;

	if (!host_address(vm, gpa, &hva))
		return -EFAULT;
	return ioasim_process_write(vm->run->system, vm->run->process[vm->process], hva, &word,
				    sizeof(word));
}

static struct guest_memory memory_of(struct vm *vm)
{
	return (struct guest_memory){.opaque = vm, .read = vm_read, .write = vm_write};
}

/* ---- Tables -------------------------------------------------------------------------------- */

bool scn_table_root(const struct scn_run *run, uint32_t name, uint64_t *root)
{
	const struct scn_table *table = run->table[name];

	*root = table ? table->root : 0;
	return table != NULL;
}

void scn_table_free(struct scn_table *table)
{
	free(table);
}

static int clear_page(const struct scn_table *table)
{
	struct vm vm = table->vm;
	uint64_t bytes = guest_pasid_bytes(vm.run->arch->guest, PASIDS_LG2);
	int err = 0;

	if (bytes < GUEST_PAGE)
		bytes = GUEST_PAGE;
	for (uint64_t at = 0; !err && at < bytes; at += sizeof(uint64_t))
		err = vm_write(&vm, table->root + at, 0);
	return err;
}

/* The table of the step, made at its place if the step makes it. */
static int find_table(struct scn_run *run, const struct scn_args *args, struct scn_table **found)
{
	const struct scn_guest *guest = &args->guest;
	struct scn_table *table = run->table[guest->table];
	struct guest_memory memory;

	if (!table) {
		run->table[guest->table] = table = calloc(1, sizeof(*table));
		if (!table)
			return -ENOMEM;
	}
	*found = table;
	table->vm = (struct vm){.run = run, .process = args->process < 0 ? 0 : args->process};
	if (!guest->made)
		return 0;
	table->pasid = guest->what == SCN_GUEST_PASID_TABLE;
	table->root = guest->at;
	table->tag = (uint16_t)(guest->table + 1);
	if (table->pasid)
		return clear_page(table);
	memory = memory_of(&table->vm);
	return guest_table_init(&table->pages, run->arch->guest, &memory, table->root);
}

static int change_table(struct scn_table *table, const struct scn_guest *guest)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < guest->count; i++) {
		const struct scn_guest_map *m = &guest->maps[i];

		err = m->access ? guest_table_map(&table->pages, m->va, m->gpa, m->size, m->access)
				: guest_table_unmap(&table->pages, m->va, m->size);
	}
	return err;
}

static int change_pasids(struct scn_run *run, struct scn_table *table,
			 const struct scn_guest *guest)
{
	const struct guest_ops *ops = run->arch->guest;
	struct guest_memory memory = memory_of(&table->vm);
	int err = 0;

	for (uint32_t i = 0; !err && i < guest->count; i++) {
		const struct scn_guest_pasid *p = &guest->pasids[i];
		const struct scn_table *to = p->table == SCN_NONE ? NULL : run->table[p->table];

		if (p->table != SCN_NONE && (!to || to->pasid))
			return -EINVAL;
		err = to ? guest_pasid_set(ops, &memory, table->root, p->pasid, to->root, to->tag)
			 : guest_pasid_clear(ops, &memory, table->root, p->pasid);
	}
	return err;
}

static int store_words(struct scn_run *run, const struct scn_args *args)
{
	struct vm vm = {.run = run, .process = args->process < 0 ? 0 : args->process};
	int err = 0;

	for (uint32_t i = 0; !err && i < args->guest.count; i++)
		err = vm_write(&vm, args->guest.words[i].gpa, args->guest.words[i].value);
	return err;
}

void scn_run_guest(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	const struct scn_guest *guest = &args->guest;
	struct scn_table *table = NULL;
	char buffer[32];
	int err;

	if (guest->what == SCN_GUEST_WORDS) {
		err = store_words(run, args);
	} else {
		err = find_table(run, args, &table);
		if (!err && table->pasid != (guest->what == SCN_GUEST_PASID_TABLE))
			err = -EINVAL;
		else if (!err)
			err = table->pasid ? change_pasids(run, table, guest)
					   : change_table(table, guest);
	}
	/* A guest's stores are no call: what cannot be stored is an error of the writer. */
	if (err)
		scn_trouble(done, "the guest's store failed: %s", scn_errno_name(-err, buffer));
}
