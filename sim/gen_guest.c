/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_guest.h"

#include "model/driver.h"

#include <errno.h>

#define RW (IOASIM_READ | IOASIM_WRITE)

/* ---- Its memory ---------------------------------------------------------------------------- */

/* Where the words of a page are kept; NULL: not a page of tables. */
static uint64_t **page_of(struct gen_guest *guest, uint64_t gpa)
{
	if (gpa - GEN_GUEST_PASIDS < GUEST_PAGE)
		return &guest->known[0];
	if (gpa - GEN_GUEST_TABLES < GUEST_TABLE_BYTES)
		return &guest->known[1 + (gpa - GEN_GUEST_TABLES) / GUEST_PAGE];
	return NULL;
}

static int memory_read(void *opaque, uint64_t gpa, uint64_t *word)
{
	uint64_t **page = page_of(opaque, gpa);

	if (!page)
		return -EFAULT;
	*word = *page ? (*page)[gpa % GUEST_PAGE / sizeof(uint64_t)] : 0;
	return 0;
}

/* Memory is zero at first: only words that change are told. */
static int memory_write(void *opaque, uint64_t gpa, uint64_t word)
{
	struct gen_guest *guest = opaque;
	uint64_t **page = page_of(guest, gpa), *known;

	if (!page)
		return -EFAULT;
	if (!*page && !word)
		return 0;
	if (!*page)
		*page = gen_room(guest->gen, GUEST_PAGE / sizeof(uint64_t), sizeof(uint64_t));
	if (!*page)
		return -ENOMEM;
	known = &(*page)[gpa % GUEST_PAGE / sizeof(uint64_t)];
	if (*known == word)
		return 0;
	*known = word;
	gen_put(guest->gen, &(struct trace_record){
				    .kind = TRACE_MEMORY,
				    .pasid = TRACE_NO_PASID,
				    .address = guest->pa + gpa,
				    .value = word,
			    });
	return 0;
}

/* ---- Its tables ----------------------------------------------------------------------------- */

static void check(struct gen_guest *guest, int status)
{
	if (status && !guest->gen->failed)
		guest->gen->failed = status;
}

static void tables_start(struct gen_guest *guest)
{
	const struct guest_memory memory = {guest, memory_read, memory_write};

	check(guest, guest_table_init(&guest->table, guest->ops, &memory, GEN_GUEST_TABLES));
	if (guest->ops->pasid_words)
		check(guest, guest_pasid_set(guest->ops, &memory, GEN_GUEST_PASIDS, 0,
					     GEN_GUEST_TABLES, 0));
}

void gen_guest_start(struct gen_guest *guest, struct gen *gen,
		     const struct gen_guest_config *config)
{
	uint64_t bytes = GEN_GUEST_DATA + config->data_bytes;
	uint32_t parent;

	bytes = (bytes + GUEST_BLOCK - 1) & ~(GUEST_BLOCK - 1);
	*guest = (struct gen_guest){
		.gen = gen,
		.ops = config->ops,
		.rid = config->rid,
		.pa = gen_frame(gen, gen_frame_order(bytes)),
	};
	if (gen->failed)
		return;
	gen_device(gen, &(struct gen_device){.rid = config->rid});
	if (!guest->ops) {
		guest->domain = gen_domain(gen, DOMAIN_KERNEL, 0);
		return;
	}
	parent = gen_domain(gen, DOMAIN_NEST_PARENT, 0);
	gen_map(gen, &(struct gen_map){
			     .domain = parent, .access = RW, .pa = guest->pa, .length = bytes});
	guest->domain = gen_domain(
		gen, guest->ops->pasid_words ? DOMAIN_NESTED_PASID : DOMAIN_NESTED, parent);
	tables_start(guest);
}

void gen_guest_bind(struct gen_guest *guest)
{
	if (guest->ops)
		gen_put(guest->gen, &(struct trace_record){
					    .kind = TRACE_BIND,
					    .domain = guest->domain,
					    .pasid = TRACE_NO_PASID,
					    .value = guest->ops->pasid_words ? GEN_GUEST_PASIDS
									     : GEN_GUEST_TABLES,
				    });
	gen_attach(guest->gen, guest->rid, GEN_NO_PASID, guest->domain);
}

void gen_guest_map(struct gen_guest *guest, const struct gen_guest_map *map)
{
	if (!guest->ops)
		gen_map(guest->gen, &(struct gen_map){.domain = guest->domain,
						      .access = RW,
						      .iova = map->va,
						      .pa = guest->pa + map->gpa,
						      .length = map->bytes});
	else if (map->large)
		check(guest,
		      guest_table_map_blocks(&guest->table, map->va, map->gpa, map->bytes, RW));
	else
		check(guest, guest_table_map(&guest->table, map->va, map->gpa, map->bytes, RW));
}

void gen_guest_unmap(struct gen_guest *guest, uint64_t va, uint64_t bytes)
{
	if (!guest->ops) {
		gen_unmap(guest->gen, guest->domain, va, bytes);
		return;
	}
	check(guest, guest_table_unmap(&guest->table, va, bytes));
	gen_put(guest->gen, &(struct trace_record){
				    .kind = TRACE_INVALIDATE,
				    .domain = guest->domain,
				    .pasid = TRACE_NO_PASID,
				    .address = va,
				    .length = bytes,
				    .flags = TRACE_LEAF,
			    });
}
