/* SPDX-License-Identifier: Apache-2.0 */
/* Steps on /dev/ioasid and on processes: spaces, maps, tables of guests. */
#include "uapi_program.h"

#include "model/uapi/ioasid.h"
#include "model/uapi/process.h"

#include <errno.h>

#define READ_WRITE (IOASIM_READ | IOASIM_WRITE)

/* ---- Calls ---------------------------------------------------------------------------------- */

/* Sizes that are wrong; alone, words too. */
static void damage(const struct uapi_program *p, union uapi_argument *arg)
{
	if (p->damage < 0xf0)
		return;
	if (p->damage < 0xf4)
		arg->size = p->damage % 4 ? arg->size - 4u * (p->damage % 4) : 0;
	else if (p->damage < 0xf8)
		arg->size += 8;
	else if (p->mode == UAPI_ALONE)
		arg->word[1 + p->damage % 6] ^= 1u << (p->damage % 8 * 3);
}

void uapi_make(struct uapi_program *p, struct uapi_call *call)
{
	for (unsigned i = 0; i < p->sides; i++) {
		struct uapi_side *side = &p->side[i];
		uint64_t books = uapi_books(side->system);

		damage(p, &call->arg[i]);
		side->result = ioasim_ioctl(side->system, call->process, call->fd, call->number,
					    &call->arg[i]);
		if (side->result < 0 && uapi_books(side->system) != books)
			uapi_break(p, "%s: %s returns %d and has changed the books (G5)",
				   side->arch, call->name, side->result);
	}
	uapi_compare(p, call->name);
}

static struct uapi_call on_fd(struct uapi_program *p, const char *name, uint32_t number,
			      struct container **container)
{
	struct uapi_call call = {.name = name, .number = number};

	call.process = uapi_process(p);
	call.fd = uapi_fd(p, call.process, IOASIM_FD_IOASID);
	*container = uapi_container(p, call.process, call.fd);
	uapi_tell(p, "[%d] %s fd %d", call.process, name, call.fd);
	return call;
}

static bool success(const struct uapi_program *p)
{
	return p->side[0].result >= 0;
}

/* ---- IOASIDs ------------------------------------------------------------------------------------- */

static void step_alloc_kernel(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "IOASID_ALLOC", IOASIM_IOASID_ALLOC, &container);
	uint8_t choice = fuzz_byte(&p->bytes);

	call.arg[0].alloc = (struct ioasim_ioasid_alloc){
		.size = sizeof(call.arg[0].alloc),
		.flags = choice & 1 ? IOASIM_IOASID_NEST_PARENT : 0,
		.snoop = choice >> 4 == 1   ? IOASIM_SNOOP_ENFORCE
			 : choice >> 4 == 2 ? IOASIM_SNOOP_NONE
					    : IOASIM_SNOOP_AUTO,
		.parent = choice & 2 ? uapi_ioasid(p, container) : 0,
	};
	uapi_copy(&call);
	uapi_tell(p, " kernel flags %u parent %u snoop %u", call.arg[0].alloc.flags,
		  call.arg[0].alloc.parent, call.arg[0].alloc.snoop);
	uapi_make(p, &call);
}

/* The architecture's form of a user's space: where guests own PASID tables, one of those. */
static uint32_t user_kind(const struct uapi_side *side, unsigned table, uint64_t *root)
{
	bool delegates = side->system->arch->guest->pasid_words;

	*root = delegates ? UAPI_PASIDS(table) : UAPI_TABLE(table);
	return delegates ? IOASIM_IOASID_PASID_TABLE : IOASIM_IOASID_USER;
}

static void step_alloc_user(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "IOASID_ALLOC", IOASIM_IOASID_ALLOC, &container);
	uint8_t choice = fuzz_byte(&p->bytes);
	uint32_t parent = uapi_ioasid_likely(p, container, uapi_is_parent);

	for (unsigned i = 0; i < p->sides; i++) {
		struct ioasim_ioasid_alloc *alloc = &call.arg[i].alloc;

		*alloc = (struct ioasim_ioasid_alloc){
			.size = sizeof(*alloc),
			.flags = choice & 2 ? IOASIM_IOASID_FAULT : 0,
			.parent = choice >= 0xf8 ? 0 : parent,
		};
		alloc->kind = user_kind(&p->side[i], choice & 1, &alloc->root);
		alloc->table_lg2 = alloc->kind == IOASIM_IOASID_USER ? 0 : UAPI_PASID_LG2;
		alloc->root += choice >= 0xf0 ? 8u : 0u;
	}
	/* A structure without the root is one of page 0, which is a table of other entries. */
	if (p->damage < 0xf4)
		p->damage = 0;
	uapi_tell(p, " user table %u flags %u parent %u", choice & 1, call.arg[0].alloc.flags,
		  call.arg[0].alloc.parent);
	uapi_make(p, &call);
}

static void step_alloc_sva(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "IOASID_ALLOC", IOASIM_IOASID_ALLOC, &container);
	uint8_t choice = fuzz_byte(&p->bytes);

	call.arg[0].alloc = (struct ioasim_ioasid_alloc){
		.size = sizeof(call.arg[0].alloc),
		.kind = choice >= 0xf0 ? 4 : IOASIM_IOASID_SVA,
		.flags = choice >= 0xe0 && choice < 0xf0 ? 4 : 0,
		.parent = choice < 8 ? uapi_ioasid(p, container) : 0,
	};
	uapi_copy(&call);
	uapi_tell(p, " kind %u flags %u parent %u", call.arg[0].alloc.kind, call.arg[0].alloc.flags,
		  call.arg[0].alloc.parent);
	uapi_make(p, &call);
}

/* FREE, UNBIND_PGTABLE, GET_INFO: an IOASID's number alone. */
static void by_number(struct uapi_program *p, const char *name, uint32_t number)
{
	struct container *container;
	struct uapi_call call = on_fd(p, name, number, &container);

	call.arg[0].info.size = number == IOASIM_IOASID_GET_INFO ? sizeof(call.arg[0].info)
								 : sizeof(call.arg[0].id);
	call.arg[0].info.ioasid = number == IOASIM_UNBIND_PGTABLE
					  ? uapi_ioasid_likely(p, container, uapi_is_user)
					  : uapi_ioasid(p, container);
	uapi_copy(&call);
	uapi_tell(p, " ioasid %u", call.arg[0].info.ioasid);
	uapi_make(p, &call);
	for (unsigned i = 1; number == IOASIM_IOASID_GET_INFO && i < p->sides; i++)
		if (uapi_compares(p) &&
		    (call.arg[i].info.parent != call.arg[0].info.parent ||
		     call.arg[i].info.state != call.arg[0].info.state ||
		     call.arg[i].info.attachments != call.arg[0].info.attachments))
			uapi_break(p, "GET_INFO tells other things on %s", p->side[i].arch);
}

static void step_free(struct uapi_program *p)
{
	/* Rarer than what it ends. */
	if (p->damage & 1)
		by_number(p, "IOASID_FREE", IOASIM_IOASID_FREE);
	else
		by_number(p, "IOASID_GET_INFO", IOASIM_IOASID_GET_INFO);
}

static void step_unbind_table(struct uapi_program *p)
{
	by_number(p, "UNBIND_PGTABLE", IOASIM_UNBIND_PGTABLE);
}

static void step_create_nesting(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "CREATE_NESTING", IOASIM_CREATE_NESTING, &container);

	call.arg[0].create = (struct ioasim_create_nesting){
		.size = sizeof(call.arg[0].create),
		.parent = uapi_ioasid_likely(p, container, uapi_is_parent),
		.flags = fuzz_byte(&p->bytes) & 1 ? IOASIM_IOASID_FAULT : 0,
	};
	uapi_copy(&call);
	uapi_tell(p, " parent %u flags %u", call.arg[0].create.parent, call.arg[0].create.flags);
	uapi_make(p, &call);
}

static void step_bind_table(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "BIND_PGTABLE", IOASIM_BIND_PGTABLE, &container);
	uint32_t ioasid = uapi_ioasid_likely(p, container, uapi_is_user);
	uint8_t choice = fuzz_byte(&p->bytes);

	for (unsigned i = 0; i < p->sides; i++) {
		struct ioasim_bind_pgtable *bind = &call.arg[i].bind_table;

		*bind = (struct ioasim_bind_pgtable){.size = sizeof(*bind), .ioasid = ioasid};
		bind->table_lg2 =
			user_kind(&p->side[i], choice & 1, &bind->root) == IOASIM_IOASID_USER
				? 0
				: UAPI_PASID_LG2;
	}
	uapi_tell(p, " ioasid %u table %u", ioasid, choice & 1);
	uapi_make(p, &call);
}

/* ---- Maps ----------------------------------------------------------------------------------------------- */

static bool has_map(const struct ioasid *ioasid)
{
	return ioasid->aspace && ioasid->aspace->areas.count;
}

static bool is_kernel(const struct ioasid *ioasid)
{
	return ioasid->aspace != NULL;
}

static void step_map(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "MAP_DMA", IOASIM_MAP_DMA, &container);
	struct ioasim_map_dma *map = &call.arg[0].map;
	const struct ioasid *ioasid;
	uint8_t choice;

	map->size = sizeof(*map);
	map->ioasid = uapi_ioasid_likely(p, container, is_kernel);
	ioasid = container ? ioasid_find(container, map->ioasid) : NULL;
	map->iova = uapi_iova(p);
	if (ioasid && ioasid->parent)
		map->vaddr = uapi_iova(p);
	else
		map->vaddr = uapi_vaddr(p, map->iova);
	choice = fuzz_byte(&p->bytes);
	map->length = UAPI_PAGE << choice % 4;
	map->prot = choice >= 0xf0 ? choice & 3u : READ_WRITE;
	/* Not every format has pages that can be written and not read. */
	if (map->prot == IOASIM_WRITE && p->mode != UAPI_ALONE)
		map->prot = 0;
	if (choice >= 0xc0 && choice < 0xd0)
		map->prot = IOASIM_READ;
	/* All that the guest has, or a large page. */
	if (choice >= 0xb0 && choice < 0xc0) {
		map->iova = 0;
		map->vaddr = UAPI_MEMORY;
		map->length = UAPI_SIZE;
	} else if (choice == 0xe0) {
		map->iova = UAPI_LARGE;
		map->vaddr = UAPI_LARGE;
		map->length = 0x200000;
	} else if (choice == 0xe1) {
		map->iova ^= 0x800;
	} else if (choice == 0xe2) {
		map->length = -map->iova;
	}
	uapi_copy(&call);
	uapi_tell(p, " ioasid %u iova %#llx vaddr %#llx length %#llx prot %u", map->ioasid,
		  (unsigned long long)map->iova, (unsigned long long)map->vaddr,
		  (unsigned long long)map->length, map->prot);
	uapi_make(p, &call);
}

/* A mapping as it is in the books; its first part, if it lies in several. */
static void choose_mapping(struct uapi_program *p, const struct container *container,
			   struct ioasim_unmap_dma *unmap)
{
	const struct ioasid *ioasid = container ? ioasid_find(container, unmap->ioasid) : NULL;
	struct interval_place place;
	const struct interval *area;

	if (!ioasid || !has_map(ioasid) || fuzz_byte(&p->bytes) >= 0xc0)
		return;
	area = interval_find(&ioasid->aspace->areas, 0, unmap->iova, &place);
	if (!area)
		area = interval_find(&ioasid->aspace->areas, 0, 0, &place);
	unmap->iova = area->first;
	unmap->length = area->last - area->first + 1;
}

static void step_unmap(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "UNMAP_DMA", IOASIM_UNMAP_DMA, &container);
	struct ioasim_unmap_dma *unmap = &call.arg[0].unmap;
	uint8_t choice;

	unmap->size = sizeof(*unmap);
	unmap->ioasid = uapi_ioasid_likely(p, container, has_map);
	unmap->iova = uapi_iova(p);
	choice = fuzz_byte(&p->bytes);
	unmap->length = UAPI_PAGE << choice % 5;
	if (choice >= 0xf8) {
		unmap->iova = 0;
		unmap->length = UINT64_MAX;
	} else if (choice >= 0xf4) {
		unmap->iova = 0;
		unmap->length = UAPI_SIZE;
	} else if (choice == 0xf3) {
		unmap->length = -unmap->iova;
	} else {
		choose_mapping(p, container, unmap);
	}
	uapi_copy(&call);
	uapi_tell(p, " ioasid %u iova %#llx length %#llx", unmap->ioasid,
		  (unsigned long long)unmap->iova, (unsigned long long)unmap->length);
	uapi_make(p, &call);
	p->late |= p->lazy && success(p);
	for (unsigned i = 1; i < p->sides; i++)
		if (uapi_compares(p) && call.arg[i].unmap.unmapped != unmap->unmapped)
			uapi_break(p, "UNMAP_DMA removes another size on %s", p->side[i].arch);
}

/* ---- The guest -------------------------------------------------------------------------------------------- */

static void settle_fd(struct uapi_program *p, const struct uapi_side *side, int process, int fd,
		      const struct container *container)
{
	for (uint32_t n = 0; n < container->room; n++) {
		const struct ioasid *ioasid = container->ioasid[n];
		struct ioasim_invalidate all = {
			.size = sizeof(all), .ioasid = n, .vpasid = IOASIM_NO_VPASID};

		if (!ioasid || ioasid->freed || ioasid->kind == IOASIM_IOASID_KERNEL ||
		    ioasid->kind == IOASIM_IOASID_SVA)
			continue;
		if (ioasim_ioctl(side->system, process, fd, IOASIM_INVALIDATE_CACHE, &all))
			uapi_break(p, "%s: a guest cannot tell of its stores", side->arch);
	}
}

void uapi_settle(struct uapi_program *p)
{
	for (unsigned i = 0; i < p->sides; i++) {
		const struct ioasim_system *system = p->side[i].system;

		for (unsigned n = 0; n < system->processes; n++)
			for (uint32_t fd = 0; fd < system->process[n]->fd_room; fd++)
				if (system->process[n]->fd[fd] &&
				    system->process[n]->fd[fd]->kind == IOASIM_FD_IOASID)
					settle_fd(p, &p->side[i], (int)n, (int)fd,
						  system->process[n]->fd[fd]->container);
	}
	p->untold = false;
	uapi_tell(p, "# the guest tells of its stores\n");
}

static void stored(struct uapi_program *p, const char *what)
{
	uapi_compare(p, what);
	p->untold = true;
	if (p->mode == UAPI_ALIKE)
		uapi_settle(p);
}

static void step_guest_page(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes), right = fuzz_byte(&p->bytes);
	uint64_t va = choice / 2 % 8 * UAPI_PAGE, gpa = fuzz_byte(&p->bytes) % 32 * UAPI_PAGE;

	if (right >= 0xf0)
		va = UINT64_C(0x7fffffc000) + choice / 2 % 8 * UAPI_PAGE;
	for (unsigned i = 0; i < p->sides; i++) {
		struct uapi_side *side = &p->side[i];
		struct guest_table *table = &side->table[choice & 1];

		side->result = right % 4
				       ? guest_table_map(table, va, gpa, UAPI_PAGE,
							 right % 4 == 1 ? IOASIM_READ : READ_WRITE)
				       : guest_table_unmap(table, va, UAPI_PAGE);
	}
	uapi_tell(p, "guest table %u va %#llx %s gpa %#llx", choice & 1, (unsigned long long)va,
		  right % 4 ? right % 4 == 1 ? "reads" : "writes" : "unmapped, not",
		  (unsigned long long)gpa);
	stored(p, "a guest's store");
}

/* What an architecture's guest alone has: entries of PASIDs, and any word. */
static void step_guest_word(struct uapi_program *p)
{
	struct uapi_side *side = &p->side[0];
	uint8_t choice = fuzz_byte(&p->bytes);
	uint32_t pasid = fuzz_byte(&p->bytes) % 8, table = choice & 1;
	uint64_t gpa = UAPI_DATA + fuzz_word(&p->bytes, 2) * 8 % (UAPI_SIZE - UAPI_DATA);
	uint64_t word = fuzz_word(&p->bytes, 4) ^ fuzz_word(&p->bytes, 1) << 56;

	if (p->mode != UAPI_ALONE)
		return;
	if (choice < 0x40 && choice & 2)
		side->result = guest_pasid_clear(side->system->arch->guest, &side->memory,
						 UAPI_PASIDS(table), pasid);
	else if (choice < 0xc0)
		side->result = guest_pasid_set(side->system->arch->guest, &side->memory,
					       UAPI_PASIDS(table), pasid,
					       UAPI_TABLE(choice >> 2 & 1), choice & 7u);
	else
		side->result = side->memory.write(side->memory.opaque, gpa & ~UINT64_C(7), word);
	uapi_tell(p, "guest stores %s %u pasid %u, or %#llx at %#llx",
		  choice < 0xc0 ? "to PASID table" : "a word; not", table, pasid,
		  (unsigned long long)word, (unsigned long long)gpa);
	stored(p, "a guest's store");
}

static void step_settle(struct uapi_program *p)
{
	uapi_settle(p);
}

static void step_invalidate(struct uapi_program *p)
{
	struct container *container;
	struct uapi_call call = on_fd(p, "INVALIDATE_CACHE", IOASIM_INVALIDATE_CACHE, &container);
	struct ioasim_invalidate *arg = &call.arg[0].invalidate;
	uint8_t choice;

	arg->size = sizeof(*arg);
	arg->ioasid = uapi_ioasid_likely(p, container, uapi_is_user);
	choice = fuzz_byte(&p->bytes);
	/* The fourth of either is of no name. */
	arg->scope = choice >= 0xf8 ? 3 : choice % 3;
	arg->cache = choice >= 0xf0 && choice < 0xf8 ? 3 : choice / 3 % 3;
	arg->vpasid = choice >= 0xa0 ? choice & 7u : IOASIM_NO_VPASID;
	arg->flags = choice >= 0x80 && choice < 0xa0 ? IOASIM_INVALIDATE_COOKIE : 0;
	arg->cookie = fuzz_byte(&p->bytes) % 8;
	if (arg->scope == IOASIM_SCOPE_RANGE) {
		arg->address = uapi_iova(p);
		arg->length = UAPI_PAGE << fuzz_byte(&p->bytes) % 4;
	}
	/* PASIDs are a user's where its guest has tables of them. */
	if (p->mode != UAPI_ALONE) {
		arg->scope = arg->scope == IOASIM_SCOPE_PASID ? IOASIM_SCOPE_ALL : arg->scope;
		arg->cache = arg->cache == IOASIM_INV_PASID ? IOASIM_INV_IOTLB : arg->cache;
		arg->vpasid = IOASIM_NO_VPASID;
	}
	uapi_copy(&call);
	uapi_tell(p, " ioasid %u scope %u cache %u vpasid %d cookie %d address %#llx length %#llx",
		  arg->ioasid, arg->scope, arg->cache, (int)arg->vpasid,
		  arg->flags ? (int)arg->cookie : -1, (unsigned long long)arg->address,
		  (unsigned long long)arg->length);
	uapi_make(p, &call);
}

/* ---- Processes ------------------------------------------------------------------------------------------------ */

/* mmap, munmap, mprotect of a few pages: of data, or of what lies apart. */
static void step_memory(struct uapi_program *p)
{
	int process = uapi_process(p);
	uint8_t choice = fuzz_byte(&p->bytes);
	uint64_t address = (choice & 1 ? UAPI_MEMORY : UAPI_MORE) + choice / 4 % 8 * UAPI_PAGE;
	uint64_t length = UAPI_PAGE << fuzz_byte(&p->bytes) % 3;
	unsigned access = choice >= 0xc0 ? IOASIM_READ : READ_WRITE,
		 what = fuzz_byte(&p->bytes) % 8;
	static const char *const names[] = {"mmap", "mprotect", "munmap"};
	const char *name = names[what < 4 ? 0 : what < 7 ? 1 : 2];

	for (unsigned i = 0; i < p->sides; i++) {
		struct ioasim_system *system = p->side[i].system;

		if (what < 4)
			p->side[i].result =
				ioasim_process_mmap(system, process, address, length, access);
		else if (what < 7)
			p->side[i].result =
				ioasim_process_mprotect(system, process, address, length, access);
		else
			p->side[i].result = ioasim_process_munmap(system, process, address, length);
	}
	uapi_tell(p, "[%d] %s %#llx length %#llx access %u", process, name,
		  (unsigned long long)address, (unsigned long long)length, access);
	uapi_compare(p, name);
}

static void step_time(struct uapi_program *p)
{
	p->now += 3000;
	for (unsigned i = 0; i < p->sides; i++)
		ioasim_system_time(p->side[i].system, p->now);
	p->late = false;
	uapi_tell(p, "time %llu\n", (unsigned long long)p->now);
}

uapi_step *const uapi_steps_spaces[] = {
	step_alloc_kernel,
	step_alloc_user,
	step_alloc_sva,
	step_free,
	step_unbind_table,
	step_bind_table,
	step_map,
	step_map,
	step_map,
	step_map,
	step_unmap,
	step_unmap,
	step_guest_page,
	step_guest_page,
	step_guest_page,
	step_guest_word,
	step_guest_word,
	step_settle,
	step_invalidate,
	step_invalidate,
	step_memory,
	step_memory,
	step_time,
	step_create_nesting,
	NULL,
};
