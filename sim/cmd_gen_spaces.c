/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim gen sva, tenants, adversary, window: address spaces and who shares them. */
#include "cmd.h"
#include "cmd_gen.h"
#include "gen_adversary.h"
#include "gen_sva.h"
#include "gen_tenants.h"
#include "gen_window.h"
#include "model/arch.h"
#include "model/guest.h"

#include <string.h>

/* A million processes, 2^20 - 1 PASIDs (0 is not given out). */
#define PASIDS_MAX ((UINT64_C(1) << 20) - 1)

/* ---- sva ----------------------------------------------------------------------------------------------- */

struct sva_values {
	struct gen_common common;
	struct gen_sva_options sva;
};

static const struct option_spec sva_specs[] = {
	GEN_COMMON(struct sva_values, "jobs"),
	GEN_NUMBER(struct sva_values, "pasids", sva.pasids, 1, PASIDS_MAX, "64",
		   "processes, each with a PASID"),
	GEN_SIZE(struct sva_values, "space", sva.space, 8192, UINT64_C(1) << 36, "1M",
		 "memory of a process that jobs use, in pages of 4 KiB"),
	GEN_SIZE(struct sva_values, "bytes", sva.bytes, 64, UINT64_C(1) << 30, "4k",
		 "bytes that a job copies"),
	GEN_NUMBER(struct sva_values, "zipf", sva.zipf, 0, 1000, "0",
		   "how unevenly processes have jobs: exponent of Zipf's law in hundredths; 0: "
		   "evenly"),
	GEN_NUMBER(struct sva_values, "engines", sva.engines, 1, 1024, "4", "jobs under way"),
	GEN_NUMBER(struct sva_values, "gbps", sva.gbps, 1, 10000, "240",
		   "Gbit/s that the device reads and writes in all"),
	GEN_NUMBER(struct sva_values, "atc", sva.atc, 0, 1 << 20, "64",
		   "translations that the device keeps, asked for by ATS; 0: none, and no ATS"),
	GEN_NUMBER(struct sva_values, "mapped", sva.mapped, 0, 100, "100",
		   "per cent of pages that are there at first; the others are asked for by page "
		   "requests"),
	GEN_NUMBER(struct sva_values, "reclaim", sva.reclaim, 0, 0, "0",
		   "the kernel takes a page from a process after so many jobs; 0: never"),
	GEN_TIME(struct sva_values, "fault-time", sva.fault_ns, 1000000000, "10us",
		 "from a page request to its answer"),
	{0},
};

static const struct option_table sva_table = {
	.name = "gen sva",
	.summary = "an accelerator in the address spaces of many processes",
	.about =
		"Jobs copy memory within a process and store a completion record. Each process has "
		"a PASID and an address space of its own, shared with the device.",
	.specs = sva_specs,
	.values_size = sizeof(struct sva_values),
};

static int sva_check(const struct options *options, void *opaque)
{
	const struct gen_sva_options *o = &((struct sva_values *)opaque)->sva;

	if (o->space % GEN_PAGE)
		return options_refuse(options, "--space: expected a multiple of 4k");
	if (o->bytes > o->space)
		return options_refuse(options, "--bytes: more than a process's --space");
	if (!o->atc && (o->mapped < 100 || o->reclaim))
		return options_refuse(options, "pages that are missing need a device with --atc");
	return 0;
}

static void sva_start(struct gen *gen, const void *values)
{
	gen_sva_start(gen, &((const struct sva_values *)values)->sva);
}

int cmd_gen_sva(int argc, char **argv)
{
	struct sva_values values;
	const struct gen_workload workload = {
		.table = &sva_table, .check = sva_check, .start = sva_start, .values = &values};

	return gen_command(&workload, argc, argv);
}

/* ---- tenants --------------------------------------------------------------------------------------------- */

struct tenants_values {
	struct gen_common common;
	struct gen_tenants_options tenants;
};

static const char *const order_names[] = {"turns", "random", NULL};

static const struct option_spec tenants_specs[] = {
	GEN_COMMON(struct tenants_values, "packets"),
	{.name = "arch",
	 .type = OPTION_STRING,
	 .argument = "ARCH",
	 .fallback = "vtd",
	 .offset = offsetof(struct tenants_values, tenants.arch),
	 .help = "architecture of the guests' own tables: vtd, amdvi or smmuv3"},
	{.name = "no-nested",
	 .type = OPTION_FLAG,
	 .excludes = "arch",
	 .offset = offsetof(struct tenants_values, tenants.no_nested),
	 .help = "without tables of guests: the hypervisor maps the same addresses, and the trace "
		 "is for any architecture"},
	GEN_NUMBER(struct tenants_values, "tenants", tenants.tenants, 1, GEN_TENANTS_MAX, "64",
		   "guests, each with a function of the card"),
	GEN_NUMBER(struct tenants_values, "buffers", tenants.buffers, 1, 8192, "32",
		   "buffers of a guest, used one after the other"),
	GEN_SIZE(struct tenants_values, "buffer", tenants.buffer_bytes, 4096, 2 << 20, "4k",
		 "bytes of a buffer, a power of two; 2M: a large page of the guest's tables"),
	GEN_NUMBER(struct tenants_values, "uses", tenants.uses, 1, 0, "16",
		   "packets in a buffer before the next one"),
	GEN_SIZE(struct tenants_values, "packet", tenants.packet, 1, 4096, "1500",
		 "bytes of a packet"),
	GEN_NUMBER(struct tenants_values, "gbps", tenants.gbps, 1, 10000, "200",
		   "rate of the link in Gbit/s"),
	GEN_CHOICE(struct tenants_values, "order", tenants.order, order_names, "turns",
		   "tenants in turns or at random"),
	GEN_NUMBER(struct tenants_values, "burst", tenants.burst, 1, 0, "1",
		   "packets of a tenant one after the other"),
	{.name = "zipf",
	 .type = OPTION_NUMBER,
	 .fallback = "0",
	 .max = 1000,
	 .offset = offsetof(struct tenants_values, tenants.zipf),
	 .help = "at random, how unevenly: exponent of Zipf's law in hundredths; 0: evenly"},
	GEN_FLAG(struct tenants_values, "remap", tenants.remap,
		 "guests unmap a buffer when it has been used, invalidate, and map another page "
		 "there"),
	{0},
};

static const struct option_table tenants_table = {
	.name = "gen tenants",
	.summary = "many guests with their own tables",
	.about = "Each guest has a virtual function of one card, memory that the hypervisor maps, "
		 "and tables of its own in it, whose words are in the trace. All guests use the "
		 "same "
		 "addresses.",
	.specs = tenants_specs,
	.values_size = sizeof(struct tenants_values),
};

/* Tables that a guest's room holds, less root and the three above the ring. */
#define LEAF_TABLES (GUEST_TABLE_BYTES / GUEST_PAGE - 5)

static int tenants_check(const struct options *options, void *opaque)
{
	const struct gen_tenants_options *o = &((struct tenants_values *)opaque)->tenants;
	uint64_t bytes = o->buffers * o->buffer_bytes;

	if (!arch_find(o->arch))
		return options_refuse(options, "--arch: '%s', expected vtd, amdvi or smmuv3",
				      o->arch);
	if (o->buffer_bytes & (o->buffer_bytes - 1))
		return options_refuse(options, "--buffer: expected a power of two");
	if (o->zipf && o->order != GEN_TENANTS_RANDOM)
		return options_refuse(options,
				      "option --zipf has no effect without --order=random");
	if (o->remap && o->buffer_bytes % GUEST_BLOCK == 0 && !o->no_nested)
		return options_refuse(options, "--remap: buffers are of less than 2M");
	if (bytes > UINT64_C(1) << 30)
		return options_refuse(options, "buffers of a guest: more than 1G");
	if (!o->no_nested && o->buffer_bytes % GUEST_BLOCK && bytes > LEAF_TABLES * GUEST_BLOCK)
		return options_refuse(options,
				      "buffers of a guest: more than its tables reach (%uM)",
				      (unsigned)(LEAF_TABLES * GUEST_BLOCK >> 20));
	return 0;
}

static const char *tenants_arch(const void *values)
{
	const struct gen_tenants_options *o = &((const struct tenants_values *)values)->tenants;

	return o->no_nested ? NULL : o->arch;
}

static void tenants_start(struct gen *gen, const void *values)
{
	const struct gen_tenants_options *o = &((const struct tenants_values *)values)->tenants;

	gen_tenants_start(gen, o, o->no_nested ? NULL : arch_find(o->arch)->guest);
}

int cmd_gen_tenants(int argc, char **argv)
{
	struct tenants_values values;
	const struct gen_workload workload = {
		.table = &tenants_table,
		.check = tenants_check,
		.arch = tenants_arch,
		.start = tenants_start,
		.values = &values,
	};

	return gen_command(&workload, argc, argv);
}

/* ---- adversary --------------------------------------------------------------------------------------------- */

struct adversary_values {
	struct gen_common common;
	struct gen_adversary_options adversary;
};

static const char *const kind_names[] = {"thrash", "flood", "none", NULL};

static const struct option_spec adversary_specs[] = {
	GEN_COMMON(struct adversary_values, "accesses"),
	GEN_CHOICE(struct adversary_values, "kind", adversary.kind, kind_names, "thrash",
		   "thrash caches, flood the unit with invalidations, or leave the victim alone"),
	GEN_NUMBER(struct adversary_values, "pages", adversary.pages, 1, 1 << 20, "1024",
		   "pages that the adversary uses in turns"),
	GEN_NUMBER(struct adversary_values, "stride", adversary.stride, 1, 1 << 20, "1",
		   "pages from one to the next; a power of two meets few sets of a cache"),
	GEN_NUMBER(struct adversary_values, "rate", adversary.rate, 0, 1000000000, "0",
		   "accesses of the adversary a second, of a flood maps, each with an unmap; 0: "
		   "100000000, of a flood 2000000"),
	GEN_NUMBER(struct adversary_values, "victim-pages", adversary.victim_pages, 1, 1 << 20,
		   "16", "pages that the victim uses at random"),
	GEN_NUMBER(struct adversary_values, "victim-rate", adversary.victim_rate, 1, 1000000000,
		   "10000000", "accesses of the victim a second"),
	GEN_SIZE(struct adversary_values, "bytes", adversary.bytes, 1, 4096, "64",
		 "bytes of an access"),
	{0},
};

static const struct option_table adversary_table = {
	.name = "gen adversary",
	.summary = "a device that makes it hard for another",
	.about = "The victim (01:00.0) makes the same accesses whatever the adversary (02:00.0) "
		 "does: compare what each run costs it. Its accesses are the units.",
	.specs = adversary_specs,
	.values_size = sizeof(struct adversary_values),
};

static int adversary_check(const struct options *options, void *opaque)
{
	struct gen_adversary_options *o = &((struct adversary_values *)opaque)->adversary;

	(void)options;
	if (!o->rate)
		o->rate = o->kind == GEN_FLOOD ? 2000000 : 100000000;
	return 0;
}

static void adversary_start(struct gen *gen, const void *values)
{
	gen_adversary_start(gen, &((const struct adversary_values *)values)->adversary);
}

int cmd_gen_adversary(int argc, char **argv)
{
	struct adversary_values values;
	const struct gen_workload workload = {
		.table = &adversary_table,
		.check = adversary_check,
		.start = adversary_start,
		.values = &values,
	};

	return gen_command(&workload, argc, argv);
}

/* ---- window --------------------------------------------------------------------------------------------- */

struct window_values {
	struct gen_common common;
	struct gen_window_options window;
};

static const char *const pattern_names[] = {"random", "sequential", NULL};
static const char *const access_names[] = {"read", "write", "both", NULL};

static const struct option_spec window_specs[] = {
	GEN_COMMON(struct window_values, "accesses"),
	GEN_SIZE(struct window_values, "window", window.window, 64, UINT64_C(1) << 39, "8M",
		 "bytes that are accessed"),
	GEN_SIZE(struct window_values, "page", window.page, 4096, UINT64_C(1) << 30, "4k",
		 "bytes that each map has, a power of two"),
	GEN_SIZE(struct window_values, "size", window.size, 1, 4096, "64",
		 "bytes of an access, a power of two"),
	GEN_CHOICE(struct window_values, "pattern", window.pattern, pattern_names, "random",
		   "which access comes next"),
	GEN_CHOICE(struct window_values, "access", window.access, access_names, "read",
		   "what an access does"),
	GEN_NUMBER(struct window_values, "rate", window.rate, 0, UINT64_C(1000000000000), "2000000",
		   "accesses a second; 0: all at time 0, as fast as the machine takes them"),
	GEN_FLAG(struct window_values, "warm", window.warm, "touch each page once before"),
	GEN_NUMBER(
		struct window_values, "ring-pages", window.ring_pages, 0, 1 << 20, "0",
		"pages of rings that another function (01:00.1) reads beside the window, in turns"),
	GEN_NUMBER(struct window_values, "ring-every", window.ring_every, 1, 0, "1",
		   "accesses to the window for one to a ring"),
	{0},
};

static const struct option_table window_table = {
	.name = "gen window",
	.summary = "accesses over a window of memory",
	.about = "What pcie-bench does (Neugebauer et al., SIGCOMM 2018): accesses of one size "
		 "over a "
		 "window of memory that stays mapped, whose size decides how many miss.",
	.specs = window_specs,
	.values_size = sizeof(struct window_values),
};

static bool power_of_two(uint64_t value)
{
	return (value & (value - 1)) == 0;
}

static int window_check(const struct options *options, void *opaque)
{
	const struct gen_window_options *o = &((struct window_values *)opaque)->window;

	if (!power_of_two(o->page) || !power_of_two(o->size))
		return options_refuse(options, "--page and --size: expected powers of two");
	if (o->window % o->page)
		return options_refuse(options, "--window: expected a multiple of --page");
	if (options_given(options, "ring-every") && !o->ring_pages)
		return options_refuse(options,
				      "option --ring-every has no effect without --ring-pages");
	if (!o->rate && options_given(options, "time"))
		return options_refuse(options, "option --time has no effect with --rate=0");
	return 0;
}

static void window_start(struct gen *gen, const void *values)
{
	gen_window_start(gen, &((const struct window_values *)values)->window);
}

int cmd_gen_window(int argc, char **argv)
{
	struct window_values values;
	const struct gen_workload workload = {.table = &window_table,
					      .check = window_check,
					      .start = window_start,
					      .values = &values};

	return gen_command(&workload, argc, argv);
}
