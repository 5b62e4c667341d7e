/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioasim walk ADDRESS: a machine of its own. The architecture's driver builds what a kernel
 * would: tables of a domain, of a process (with a PASID), or a stage 2 that a guest's
 * tables lie over. The guest's are stored in its memory, by its addresses. Then a device
 * uses the address; nothing is cached before.
 */
#include "walk_cmd.h"

#include "caches.h"
#include "cmd.h"
#include "machine.h"
#include "model/driver.h"
#include "model/guest.h"
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define REQUESTER   UINT32_C(0x18) /* 00:03.0 */
#define DATA        (UINT64_C(4) << 30) /* where pages lie, with one stage */
#define GUEST       (UINT64_C(16) << 30) /* where the guest's memory begins */
#define GUEST_ROOT  (UINT64_C(1) << 30) /* in it: page tables, */
#define GUEST_PASID (GUEST_ROOT + 0x100000) /* PASID table, */
#define GUEST_INNER (GUEST_ROOT + 0x140000) /* those that it leads to */
#define GUEST_END   (GUEST_ROOT + 0x1f0000) /* less than the next larger page */
#define GUEST_DATA  (UINT64_C(2) << 30) /* and pages */
#define GUEST_ASID  1
#define PAGES       2u /* the page and the one behind it */

#define ALL_RIGHTS (IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC)

struct building {
	struct walk *walk;
	struct machine machine;
	uint64_t address;
	unsigned first, second; /* levels; with one stage, `first` are those of it */
	unsigned page_lg2;
	unsigned pasid_lg2, pasid_levels; /* of the guest's PASID table */

	struct machine_memory *backing;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	struct driver *driver;
	struct domain *parent, *domain;
};

/* ---- What is asked for -------------------------------------------------------------- */

/* "4" or "4x4". */
static int parse_levels(struct building *b)
{
	const struct walk_options *values = b->walk->values;
	const char *text = values->levels ? values->levels : values->nested ? "4x4" : "4";
	unsigned first = 0, second = 0;
	char end;
	int found = sscanf(text, "%1ux%1u%c", &first, &second, &end);

	if (found != (values->nested ? 2 : 1) || strlen(text) != (values->nested ? 3 : 1) ||
	    !first || first > IOASIM_LEVELS || second > IOASIM_LEVELS ||
	    (values->nested && !second))
		return options_refuse(
			b->walk->options, "option --levels: '%s', expected %s, each from 1 to %u",
			text, values->nested ? "NxM with --nested" : "one number without --nested",
			IOASIM_LEVELS);
	b->first = first;
	b->second = second;
	return CMD_OK;
}

static unsigned granule_lg2(const struct building *b)
{
	return b->machine.driver.granule_lg2 ? b->machine.driver.granule_lg2 : 12;
}

static int parse_page(struct building *b)
{
	uint64_t page = b->walk->values->page;

	if (!page)
		page = UINT64_C(1) << granule_lg2(b);
	if (page & (page - 1))
		return options_refuse(b->walk->options,
				      "option --page: expected a power of two, such as 4k or 2M");
	b->page_lg2 = (unsigned)__builtin_ctzll(page);
	if (b->page_lg2 == granule_lg2(b))
		b->machine.driver.no_large_pages = true;
	if (b->walk->values->nested && (b->page_lg2 - GUEST_PAGE_LG2) % GUEST_LEVEL_BITS)
		return options_refuse(b->walk->options,
				      "option --page: a guest's pages are of 4k, 2M or 1G");
	return CMD_OK;
}

static int parse_address(struct building *b)
{
	const char *text = b->walk->options->operand[0];

	if (parse_number(text, &b->address) == 0)
		return CMD_OK;
	return options_refuse(b->walk->options, "'%s', expected an address such as 0x12345000",
			      text);
}

/* A PASID table as large as the PASID needs, with levels where one page does not do. */
static void size_pasid_table(struct building *b)
{
	const struct guest_ops *ops = b->machine.arch->guest;
	uint64_t pasid = b->walk->values->pasid;
	unsigned bits = pasid ? 64 - (unsigned)__builtin_clzll(pasid) : 1;

	b->pasid_lg2 = bits;
	b->pasid_levels = 1;
	if (!ops->pasid_leaf_lg2)
		return;
	if (bits < ops->pasid_leaf_lg2)
		b->pasid_lg2 = ops->pasid_leaf_lg2;
	if (bits > ops->pasid_leaf_lg2)
		b->pasid_levels = 2;
	if (bits > ops->pasid_leaf_lg2 + GUEST_LEVEL_BITS && !ops->shared_tags)
		b->pasid_levels = 3;
}

static int prepare(struct building *b)
{
	const struct walk_options *values = b->walk->values;
	struct machine_source source = {
		.path = values->config,
		.arch = values->arch,
		.set = values->set.value,
		.sets = values->set.count,
	};
	int status = machine_load(&b->machine, &source, b->walk->message);

	if (status == CMD_OK)
		status = parse_address(b);
	if (status == CMD_OK)
		status = parse_levels(b);
	if (status == CMD_OK)
		status = parse_page(b);
	if (status == CMD_OK)
		size_pasid_table(b);
	b->walk->memory_ps = b->machine.timing.events.reference_ps;
	return status;
}

/* ---- The guest's memory ----------------------------------------------------------------- */

static int guest_read(void *opaque, uint64_t gpa, uint64_t *word)
{
	return ioasim_memory_read64(opaque, GUEST + gpa, word);
}

static int guest_write(void *opaque, uint64_t gpa, uint64_t word)
{
	return ioasim_memory_write64(opaque, GUEST + gpa, word);
}

static uint64_t page_base(const struct building *b)
{
	return b->address & ~((UINT64_C(1) << b->page_lg2) - 1);
}

static uint64_t page_offset(const struct building *b, unsigned n)
{
	return (uint64_t)n << b->page_lg2;
}

static int build_guest_pages(struct building *b, const struct guest_memory *memory)
{
	unsigned level = (b->page_lg2 - GUEST_PAGE_LG2) / GUEST_LEVEL_BITS;
	struct guest_table table;
	int err = guest_table_init(&table, b->machine.arch->guest, memory, GUEST_ROOT);

	table.levels = b->first;
	for (unsigned i = 0; i < PAGES && !err; i++)
		err = guest_table_map_page(&table, page_base(b) + page_offset(b, i),
					   GUEST_DATA + page_offset(b, i), level, ALL_RIGHTS);
	return err;
}

/* Entry 0 is that of requests without PASID. */
static int build_guest_pasid(struct building *b, const struct guest_memory *memory)
{
	const struct guest_ops *ops = b->machine.arch->guest;
	const struct guest_pasid_tables tables = {GUEST_PASID, GUEST_INNER, b->pasid_levels};
	uint32_t pasid = (uint32_t)b->walk->values->pasid;
	uint64_t leaf;
	int err = guest_pasid_path(ops, memory, &tables, pasid, &leaf);

	if (err)
		return err;
	if (b->pasid_levels > 1)
		pasid &= (UINT32_C(1) << ops->pasid_leaf_lg2) - 1;
	return guest_pasid_set(ops, memory, leaf, pasid, GUEST_ROOT, GUEST_ASID);
}

/* ---- The host's side ------------------------------------------------------------------------ */

/* Width of addresses that this many levels take. */
static unsigned level_bits(const struct building *b, unsigned levels)
{
	unsigned granule = granule_lg2(b), bits = granule + levels * (granule - 3);

	return bits < 64 ? bits : 64;
}

static int create_domain(struct building *b, const struct domain_config *config,
			 struct domain **domain)
{
	return b->machine.arch->driver->domain_create(b->driver, config, domain);
}

static int map(struct building *b, struct domain *domain, uint64_t from, uint64_t to, uint64_t size)
{
	return b->machine.arch->driver->map(b->driver, domain, from, to, size, ALL_RIGHTS);
}

/* The pages, in the other order: neighbours might be made one large page. */
static int map_pages(struct building *b, struct domain *domain, uint64_t from, uint64_t to)
{
	int err = 0;

	for (unsigned i = 0; i < PAGES && !err; i++)
		err = map(b, domain, from + page_offset(b, i), to + page_offset(b, PAGES - 1 - i),
			  page_offset(b, 1));
	return err;
}

static int build_parent(struct building *b)
{
	const struct domain_config config = {.kind = DOMAIN_NEST_PARENT,
					     .address_bits = level_bits(b, b->second)};
	uint64_t page = UINT64_C(1) << b->page_lg2, tables = GUEST_END - GUEST_ROOT;
	int err = create_domain(b, &config, &b->parent);

	if (!err)
		err = map(b, b->parent, GUEST_ROOT, GUEST + GUEST_ROOT,
			  tables > page ? tables : page);
	if (!err)
		err = map_pages(b, b->parent, GUEST_DATA, GUEST + GUEST_DATA);
	return err;
}

static int build_nested(struct building *b)
{
	const struct guest_memory memory = {b->memory, guest_read, guest_write};
	bool tables = b->machine.arch->guest->pasid_words;
	struct domain_config config = {
		.kind = tables ? DOMAIN_NESTED_PASID : DOMAIN_NESTED,
		.root = tables ? GUEST_PASID : GUEST_ROOT,
		.address_bits = GUEST_PAGE_LG2 + GUEST_LEVEL_BITS * b->first,
	};
	int err;

	if (b->first != GUEST_LEVELS &&
	    (b->first != GUEST_LEVELS + 1 || !b->machine.arch->guest->upper_half))
		return -ENOTSUP;
	err = build_parent(b);
	if (!err)
		err = build_guest_pages(b, &memory);
	if (!err && tables)
		err = build_guest_pasid(b, &memory);
	if (err)
		return err;
	config.parent = b->parent;
	if (tables) {
		config.table_lg2 = b->pasid_lg2;
		config.pasid_levels = b->pasid_levels;
	}
	return create_domain(b, &config, &b->domain);
}

static int build_kernel(struct building *b)
{
	const struct domain_config config = {
		.kind = b->walk->values->pasid ? DOMAIN_SVA : DOMAIN_KERNEL,
		.address_bits = level_bits(b, b->first),
	};
	int err = create_domain(b, &config, &b->domain);

	if (err)
		return err;
	return map_pages(b, b->domain, page_base(b), DATA);
}

static int attach(struct building *b)
{
	const struct driver_ops *ops = b->machine.arch->driver;
	const struct driver_device device = {
		.requester_id = REQUESTER,
		.pasid_bits = b->walk->values->pasid || b->walk->values->nested ? b->pasid_lg2 : 0};
	bool guests = b->walk->values->nested && b->machine.arch->guest->pasid_words;
	uint32_t pasid = DRIVER_NO_PASID;
	int err = ops->device_add(b->driver, &device);

	/* The host attaches a guest's PASID table as a whole. */
	if (b->walk->values->pasid && !guests)
		pasid = (uint32_t)b->walk->values->pasid;
	return err ? err : ops->attach(b->driver, REQUESTER, pasid, b->domain);
}

/* ---- Using it ---------------------------------------------------------------------------------- */

static unsigned levels_read(const struct explain_notes *notes, bool second)
{
	unsigned levels = 0;

	for (uint32_t i = 0; i < notes->count; i++) {
		const struct ioasim_fetch *fetch = &notes->read[i].fetch;
		bool of_second = fetch->kind >= IOASIM_REF_STAGE2;
		bool wanted = second ? of_second : fetch->kind == IOASIM_REF_STAGE1;

		if (wanted && fetch->level + 1u > levels)
			levels = fetch->level + 1u;
	}
	return levels;
}

/* A driver chooses: fewer levels may do, or a page size may not be there. */
static int check_shape(const struct building *b, const struct ioasim_response *response)
{
	bool nested = b->walk->values->nested;
	const struct explain_notes *notes = &b->walk->notes;
	unsigned first = levels_read(notes, false), second = levels_read(notes, true);

	if (!nested && !first)
		first = second;
	if (response->outcome != IOASIM_OK)
		return CMD_OK;
	if (first != b->first || (nested && second != b->second))
		return options_refuse(
			b->walk->options,
			"option --levels: the driver's tables on this machine have %u%s",
			nested ? second : first, nested ? " in stage 2" : "");
	if (response->size_lg2 != b->page_lg2)
		return options_refuse(b->walk->options,
				      "option --page: this machine's tables have no such pages");
	return CMD_OK;
}

static void make_title(const struct building *b, char *title, size_t size)
{
	const struct walk_options *values = b->walk->values;
	const char *caches = values->caches == CACHES_OFF ? "without caches" : "caches empty";

	if (values->nested)
		snprintf(title, size, "A guest's tables over the host's, %u over %u levels, %s",
			 b->first, b->second, caches);
	else
		snprintf(title, size, "The tables of a %s, %u levels, %s",
			 values->pasid ? "process" : "kernel's domain", b->first, caches);
}

static int use(struct building *b)
{
	static const uint8_t accesses[] = {IOASIM_READ, IOASIM_WRITE, IOASIM_READ | IOASIM_WRITE,
					   IOASIM_EXEC};
	const struct walk_options *values = b->walk->values;
	const struct ioasim_request request = {
		.requester_id = REQUESTER,
		.pasid = (uint32_t)values->pasid,
		.has_pasid = values->pasid != 0,
		.address = b->address,
		.length = 1,
		.access = accesses[values->access],
	};
	struct ioasim_response response;
	char title[160];
	int status;

	explain_begin(&b->walk->notes, b->unit);
	ioasim_translate(b->unit, &request, &response);
	explain_end(&b->walk->notes);
	status = check_shape(b, &response);
	if (status)
		return status;
	make_title(b, title, sizeof(title));
	status = walk_show(b->walk, &(struct explain_case){.title = title,
							   .request = &request,
							   .response = &response});
	if (status == CMD_OK)
		status = walk_more(b->walk, b->unit, &request, &response);
	return status;
}

/* ---- The whole ------------------------------------------------------------------------------------ */

static int machine_start(struct building *b)
{
	struct ioasim_unit_config config = b->machine.unit;
	const char *why = NULL;
	int err = 0;

	caches_set(&config, b->walk->values->caches);
	config.callbacks.fetch = explain_note;
	config.opaque = &b->walk->notes;
	b->backing = machine_memory_create(&b->machine, &err);
	if (!b->backing) {
		message_error(b->walk->message, NULL, "no memory for the machine");
		return CMD_INPUT;
	}
	b->memory = machine_memory_get(b->backing);
	err = ioasim_unit_create(&config, b->memory, &b->unit, &why);
	if (err) {
		message_error(b->walk->message, NULL, "no unit with these values: %s",
			      why ? why : strerror(-err));
		return CMD_INPUT;
	}
	return CMD_OK;
}

static int refuse(const struct building *b, int err)
{
	switch (-err) {
	case ENOTSUP:
		return options_refuse(b->walk->options,
				      "a unit of %s with these capabilities has no such tables",
				      b->machine.arch->title);
	case ERANGE:
	case EINVAL:
		return options_refuse(b->walk->options,
				      "0x%" PRIx64 " or a number of the tables lies outside what "
				      "these tables can map",
				      b->address);
	default:
		message_error(b->walk->message, NULL, "the driver cannot build these tables: %s",
			      strerror(-err));
		return CMD_INPUT;
	}
}

static int tables_build(struct building *b)
{
	int err =
		b->machine.arch->driver->create(b->unit, b->memory, &b->machine.driver, &b->driver);

	if (!err)
		err = b->walk->values->nested ? build_nested(b) : build_kernel(b);
	if (!err)
		err = attach(b);
	return err ? refuse(b, err) : CMD_OK;
}

int walk_build(struct walk *walk)
{
	struct building b = {.walk = walk};
	int status = prepare(&b);

	if (status)
		return status;
	status = machine_start(&b);
	if (status == CMD_OK)
		status = tables_build(&b);
	if (status == CMD_OK)
		status = use(&b);
	if (b.driver)
		b.machine.arch->driver->destroy(b.driver);
	ioasim_unit_destroy(b.unit);
	machine_memory_destroy(b.backing);
	return status;
}
