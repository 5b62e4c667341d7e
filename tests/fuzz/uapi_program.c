/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi_program.h"

#include "model/uapi/descriptor.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define READ_WRITE (IOASIM_READ | IOASIM_WRITE)

static const char *const archs[UAPI_SIDES] = {"vtd", "amdvi", "smmuv3"};

/* ---- What went wrong, what is done ------------------------------------------------------- */

void uapi_break(struct uapi_program *p, const char *format, ...)
{
	va_list args;

	if (p->broken[0])
		return;
	va_start(args, format);
	vsnprintf(p->broken, sizeof(p->broken), format, args);
	va_end(args);
}

void uapi_tell(struct uapi_program *p, const char *format, ...)
{
	va_list args;

	if (!p->out)
		return;
	va_start(args, format);
	vfprintf(p->out, format, args);
	va_end(args);
}

void uapi_compare(struct uapi_program *p, const char *what)
{
	int first = p->side[0].result;

	uapi_tell(p, " = %d\n", first);
	if (!uapi_compares(p))
		return;
	for (unsigned i = 1; i < p->sides; i++)
		if (p->side[i].result != first) {
			uapi_break(p, "%s returns %d on %s, %d on %s", what, first, p->side[0].arch,
				   p->side[i].result, p->side[i].arch);
			uapi_tell(p, "# %s: %d\n", p->side[i].arch, p->side[i].result);
		}
}

/* ---- What there is --------------------------------------------------------------------------- */

#define WILD 0xfa

int uapi_process(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes);

	if (choice == 0xff)
		return 7;
	return choice >= 0xf0;
}

int uapi_fd(struct uapi_program *p, int process, enum ioasim_fd_kind kind)
{
	const struct process *owner = process_find(p->side[0].system, process);
	uint8_t choice = fuzz_byte(&p->bytes);
	unsigned found = 0;

	if (choice >= WILD || !owner)
		return choice - WILD - 1;
	for (unsigned pass = 0; pass < 2; pass++) {
		unsigned nth = found ? choice % found : 0;

		for (uint32_t n = 0; n < owner->fd_room; n++) {
			if (!owner->fd[n] || owner->fd[n]->kind != kind)
				continue;
			if (!pass)
				found++;
			else if (nth-- == 0)
				return (int)n;
		}
	}
	return 0;
}

struct container *uapi_container(struct uapi_program *p, int process, int number)
{
	const struct process *owner = process_find(p->side[0].system, process);
	const struct fd *fd = owner ? fd_find(owner, number) : NULL;

	return fd && fd->kind == IOASIM_FD_IOASID ? fd->container : NULL;
}

uint32_t uapi_ioasid(struct uapi_program *p, const struct container *container)
{
	uint8_t choice = fuzz_byte(&p->bytes);
	unsigned nth;

	if (choice >= WILD || !container || !container->ioasids)
		return choice % 16;
	nth = choice % container->ioasids;
	for (uint32_t n = 0; n < container->room; n++)
		if (container->ioasid[n] && nth-- == 0)
			return n;
	return 1;
}

bool uapi_is_parent(const struct ioasid *ioasid)
{
	return ioasid->flags & IOASIM_IOASID_NEST_PARENT;
}

bool uapi_is_user(const struct ioasid *ioasid)
{
	return ioasid->kind == IOASIM_IOASID_USER || ioasid->kind == IOASIM_IOASID_PASID_TABLE;
}

uint32_t uapi_ioasid_likely(struct uapi_program *p, const struct container *container,
			    bool (*likely)(const struct ioasid *ioasid))
{
	uint32_t start = uapi_ioasid(p, container);

	if (fuzz_byte(&p->bytes) >= 0xe0)
		return start;
	for (uint32_t i = 0; container && i < container->room; i++) {
		uint32_t n = (start + i) % container->room;

		if (container->ioasid[n] && likely(container->ioasid[n]))
			return n;
	}
	return start;
}

const struct attachment *uapi_attachment(struct uapi_program *p, const struct device *device)
{
	uint8_t choice = fuzz_byte(&p->bytes);
	const struct attachment *attachment;
	unsigned count = 0;

	if (!device || choice >= 0xd0)
		return NULL;
	LIST_FOREACH (attachment, &device->attachments, device_link)
		count++;
	LIST_FOREACH (attachment, &device->attachments, device_link)
		if (choice % count-- == 0)
			return attachment;
	return NULL;
}

int uapi_device(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes);

	return choice == 0xff ? 99 : choice % (int)p->side[0].system->devices;
}

uint32_t uapi_vpasid(struct uapi_program *p)
{
	static const uint32_t wild[] = {0, 7, 8, 63, 64, 255, IOASIM_PASID_MAX + 1, 12};
	uint8_t choice = fuzz_byte(&p->bytes);

	if (choice < 0x70)
		return IOASIM_NO_VPASID;
	if (choice < WILD)
		return 1 + choice % 4;
	return wild[choice % 8];
}

uint64_t uapi_iova(struct uapi_program *p)
{
	static const uint64_t bases[] = {UINT64_C(0x7fffffc000), UINT64_C(0x7fff00000000),
					 UINT64_C(0x1fe000), UINT64_C(0xffffffff8000)};
	uint8_t choice = fuzz_byte(&p->bytes);

	if (choice < 0xe0)
		return choice % 16 * UAPI_PAGE;
	/* Spaces of 48 bits cannot everywhere be given PASIDs. */
	return bases[choice % (p->mode == UAPI_ALONE ? 4 : 3)] + choice / 4 % 8 * UAPI_PAGE;
}

/* Mostly what a VMM would map there. */
uint64_t uapi_vaddr(struct uapi_program *p, uint64_t iova)
{
	uint8_t choice = fuzz_byte(&p->bytes);

	if (choice < 0xa0)
		return UAPI_MEMORY + iova % UAPI_DATA;
	if (choice < 0xe0)
		return UAPI_MEMORY + choice % 32 * UAPI_PAGE;
	if (choice < 0xf0)
		return UAPI_MORE + choice % 4 * UAPI_PAGE;
	return choice < 0xf8 ? UAPI_READ_ONLY : choice * UAPI_PAGE;
}

/* ---- The machine -------------------------------------------------------------------------------- */

static int guest_read(void *opaque, uint64_t gpa, uint64_t *word)
{
	return ioasim_process_read(opaque, 0, UAPI_MEMORY + gpa, word, sizeof(*word));
}

static int guest_write(void *opaque, uint64_t gpa, uint64_t word)
{
	return ioasim_process_write(opaque, 0, UAPI_MEMORY + gpa, &word, sizeof(word));
}

static void configure(struct uapi_program *p, struct ioasim_system_config *config,
		      const uint8_t *header)
{
	static const uint32_t few[] = {40, 48, 64, 72};

	if (header[1] % 4 == 1)
		ioasim_unit_config_no_caches(&config->unit);
	for (unsigned i = 0; header[1] % 4 > 1 && i < IOASIM_CACHES; i++)
		config->unit.cache[i] = (struct ioasim_cache_geometry){
			.entries = 1 + header[1] / 4 % 4,
			.policy = header[1] % 4 == 2 ? IOASIM_POLICY_LRU : IOASIM_POLICY_RANDOM,
			.seed = 1 + header[1],
		};
	config->user_memory = UINT64_C(8) << 20;
	config->kernel_memory = UINT64_C(8) << 20;
	config->rid_pool = header[2] % 4 ? 16 : 1 + header[2] / 4 % 4;
	config->pasid_capacity = header[3] % 4 ? 256 : 1 + header[3] / 4 % 4;
	config->cgroup_limit = header[4] % 8 == 7 ? 2 : 0;
	config->fd_quota = header[4] % 8 == 6 ? 1 : 0;
	p->lazy = header[5] % 8 == 7;
	config->lazy = p->lazy;
	config->lazy_deadline_ns = 1000;
	config->lazy_threshold = 1 + header[5] / 8 % 4;
	/* How many tables a call needs is the architecture's own matter. */
	if (p->mode == UAPI_ALONE && header[6] % 4 == 3)
		config->kernel_memory = few[header[6] / 4 % 4] * UINT64_C(0x10000);
}

static void add_device(struct uapi_program *p, unsigned n, const uint8_t *bytes)
{
	static const struct ioasim_iova_range reserved = {0x9000, 0x9fff};
	static const uint8_t widths[] = {0, 3, 4, 6, 8, 8, 16, 20};
	struct ioasim_device_config config = {
		.requester_id = 0x20 + 8 * n,
		.parent = IOASIM_NO_DEVICE,
		.pf = IOASIM_NO_DEVICE,
		.group = IOASIM_GROUP_OWN,
		.capabilities = bytes[1] & 7u,
		.pasid_bits = widths[bytes[2] % 8],
	};

	/* A width that an architecture does not have is for those that run alone. */
	if (p->mode != UAPI_ALONE && config.pasid_bits > 8)
		config.pasid_bits = 8;
	if (bytes[1] & 0x80)
		config.capabilities |= IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI;
	config.capabilities |= bytes[1] >> 3 == 1 ? IOASIM_DEVICE_NO_SNOOP : 0u;
	config.capabilities |= bytes[1] >> 3 == 2 ? IOASIM_DEVICE_NOT_COHERENT : 0u;
	config.capabilities |= bytes[1] >> 4 == 3 ? IOASIM_DEVICE_NO_ENFORCE : 0u;
	if (p->asks)
		config.capabilities |= IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI;
	if (p->vm) {
		config.capabilities |= IOASIM_DEVICE_ENQCMD;
		config.pasid_bits = 8;
	}
	if (bytes[3] >> 6 == 3) {
		config.reserved = &reserved;
		config.reserved_count = 1;
	}
	if (p->vm) {
		config.parent = n % 3 ? (int)(n - n % 3) : IOASIM_NO_DEVICE;
	} else if (n && bytes[0] % 4 == 3) {
		config.parent = bytes[0] / 4 % (int)n;
		config.software = bytes[0] >> 6 == 3;
	} else if (n && bytes[0] % 8 == 2) {
		config.pf = 0;
	} else {
		config.group = bytes[0] % 8 == 1 ? bytes[3] % 2 : IOASIM_GROUP_OWN;
		/* A bridge that takes the requester ID of what is behind it (R5). */
		if (bytes[0] % 8 == 1 && bytes[3] % 16 == 4)
			config.requester_id = 0x20;
		config.driver = bytes[3] % 8 == 7 ? IOASIM_DRIVER_KERNEL_SAFE : IOASIM_DRIVER_NONE;
	}
	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_device_add(p->side[i].system, &config);
	uapi_tell(p, "device rid %#x parent %d pf %d%s group %d caps %#x pasid %u driver %u%s",
		  config.requester_id, config.parent, config.pf, config.software ? " sw" : "",
		  (int)config.group, config.capabilities, config.pasid_bits, config.driver,
		  config.reserved_count ? " reserved" : "");
	uapi_compare(p, "ioasim_device_add");
}

static bool create(struct uapi_program *p, struct uapi_side *side, const uint8_t *header)
{
	struct ioasim_system_config config;
	const char *why = NULL;
	int error = ioasim_system_config_init(&config, side->arch);

	configure(p, &config, header);
	if (!error)
		error = ioasim_system_create(&config, &side->system, &why);
	/* Tables that the kernel needs for itself are part of the few. */
	if (error == -ENOMEM && p->mode == UAPI_ALONE)
		return false;
	if (error)
		uapi_break(p, "no %s system: %d, %s", side->arch, error, why ? why : "");
	side->memory = (struct guest_memory){side->system, guest_read, guest_write};
	return !error;
}

/* Guests store their tables before anything else: PASID 0 is the first table, and in
 * those that run alone PASID 1 too. */
static void guest_create(struct uapi_program *p, struct uapi_side *side)
{
	const struct guest_ops *ops = side->system->arch->guest;

	for (unsigned t = 0; t < UAPI_TABLES; t++) {
		if (guest_table_init(&side->table[t], ops, &side->memory, UAPI_TABLE(t)))
			uapi_break(p, "a guest cannot make a table");
		for (uint32_t pasid = 0; ops->pasid_words && pasid < 2; pasid++)
			if ((!pasid || p->mode == UAPI_ALONE) &&
			    guest_pasid_set(ops, &side->memory, UAPI_PASIDS(t), pasid,
					    UAPI_TABLE(t ^ pasid), (uint16_t)(1 + (t ^ pasid))))
				uapi_break(p, "a guest cannot make a PASID table");
		for (uint64_t page = 0; page < 8; page++)
			if (guest_table_map(&side->table[t], page * UAPI_PAGE,
					    ((page + t) % 8) * UAPI_PAGE, UAPI_PAGE,
					    page % 4 ? READ_WRITE : IOASIM_READ))
				uapi_break(p, "a guest cannot map a page");
	}
}

static void processes_create(struct uapi_program *p, struct uapi_side *side, bool large)
{
	for (int n = 0; n < 2; n++) {
		int error = ioasim_process_create(side->system) != n;

		error |= ioasim_process_mmap(side->system, n, UAPI_MEMORY,
					     n ? 16 * UAPI_PAGE : UAPI_SIZE, READ_WRITE);
		error |= ioasim_process_mmap(side->system, n, UAPI_READ_ONLY, UAPI_PAGE,
					     IOASIM_READ);
		if (error)
			uapi_break(p, "no processes");
	}
	if (large && ioasim_process_mmap(side->system, 0, UAPI_LARGE, 0x200000, READ_WRITE))
		uapi_break(p, "no large page");
}

static bool begin(struct uapi_program *p, const uint8_t *header)
{
	p->mode = header[0] % 4 == 3 ? UAPI_ALONE : header[0] % 4 == 2 ? UAPI_UNTOLD : UAPI_ALIKE;
	p->sides = p->mode == UAPI_ALONE ? 1 : UAPI_SIDES;
	p->vm = p->mode == UAPI_ALONE && header[0] / 4 % UAPI_SIDES == 0 && header[6] & 0x40;
	p->asks = header[6] >= 0xc0 && !p->vm;
	for (unsigned i = 0; i < p->sides; i++) {
		p->side[i].arch = archs[p->mode == UAPI_ALONE ? header[0] / 4 % UAPI_SIDES : i];
		if (!create(p, &p->side[i], header))
			return false;
		processes_create(p, &p->side[i], header[7] >= 0xf0);
		guest_create(p, &p->side[i]);
	}
	uapi_tell(p, "# %s%s%s\n", p->mode == UAPI_ALONE ? "alone on " : "",
		  p->mode == UAPI_ALONE    ? p->side[0].arch
		  : p->mode == UAPI_UNTOLD ? "untold"
					   : "alike",
		  p->lazy ? ", lazy" : "");
	for (unsigned n = 0; n < 1 + header[7] % UAPI_DEVICES; n++)
		add_device(p, n, header + 8 + 4 * n);
	return true;
}

/* ---- What must hold after each step ------------------------------------------------------------------ */

static void judge_counters(struct uapi_program *p, const struct uapi_side *side)
{
	const struct ioasim_unit *unit = ioasim_system_unit(side->system);
	const struct ioasim_counters *counters = ioasim_unit_counters(unit);
	uint64_t requests = counters->requests[0] + counters->requests[1] + counters->requests[2];

	if (counters->ok + counters->faulted != requests)
		uapi_break(p, "%s: ok + faulted is not the number of requests", side->arch);
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *cache = &counters->cache[i];

		if (cache->lookups != cache->hits + cache->misses ||
		    cache->fills - cache->evictions - cache->invalidated !=
			    ioasim_unit_cache_live(unit, (enum ioasim_cache)i))
			uapi_break(p, "%s: counters of cache %s", side->arch, ioasim_cache_name(i));
	}
}

static void judge(struct uapi_program *p)
{
	for (unsigned i = 0; i < p->sides; i++) {
		const struct ioasim_violation *violation =
			ioasim_system_violation(p->side[i].system, 0);

		if (violation)
			uapi_break(p, "%s: S%u: %s (rid %#x pasid %d address %#llx)",
				   p->side[i].arch, violation->rule, violation->text,
				   violation->requester_id,
				   violation->has_pasid ? (int)violation->pasid : -1,
				   (unsigned long long)violation->address);
		judge_counters(p, &p->side[i]);
	}
}

/* ---- A run ------------------------------------------------------------------------------------------- */

static void step(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes), which = fuzz_byte(&p->bytes);
	uapi_step *const *steps = choice < 0x50   ? uapi_steps_spaces
				  : choice < 0xd8 ? uapi_steps_devices
						  : uapi_steps_fds;
	unsigned count = 0;

	while (steps[count])
		count++;
	steps[which % count](p);
}

static void end(struct uapi_program *p)
{
	for (unsigned i = 0; i < p->sides && !p->broken[0]; i++) {
		struct ioasim_system *system = p->side[i].system;
		const char *left;

		for (unsigned n = 0; n < system->processes; n++)
			(void)ioasim_process_exit(system, (int)n);
		left = uapi_left(system);
		if (left)
			uapi_break(p, "%s: %s", p->side[i].arch, left);
	}
	if (!p->broken[0])
		judge(p);
}

const char *uapi_program_run(struct uapi_program *p, const uint8_t *data, size_t size)
{
	FILE *out = p->out;
	uint8_t header[UAPI_HEADER] = {0};

	memset(p, 0, sizeof(*p));
	p->out = out;
	memcpy(header, data, size < UAPI_HEADER ? size : UAPI_HEADER);
	if (begin(p, header)) {
		uapi_prologue(p, header + 32);
		for (size_t at = UAPI_HEADER; at + UAPI_STEP <= size && !p->broken[0];
		     at += UAPI_STEP) {
			p->bytes = (struct fuzz_bytes){data + at, UAPI_STEP - 1};
			p->damage = data[at + UAPI_STEP - 1];
			step(p);
			judge(p);
		}
		end(p);
	}
	for (unsigned i = 0; i < p->sides; i++)
		ioasim_system_destroy(p->side[i].system);
	return p->broken[0] ? p->broken : NULL;
}
