/* SPDX-License-Identifier: Apache-2.0 */
/* DMA: where it goes by the second book, and where it went. */
#include "iofd_caller.h"

#include <string.h>

/* DMAs of one look at everything, at most. */
#define PROBES 48

enum fate {
	FAULTS, /* or waits, where there is a fault queue */
	REACHES, /* foretold.pa */
	WITHIN, /* faults, or reaches something of the IOAS */
	UNKNOWN,
};

struct foretold {
	enum fate fate;
	int file;
	uint32_t ioas, hwpt; /* hwpt: the kernel's table; 0: no route */
	uint64_t iova; /* in the IOAS, if it reaches */
	uint64_t pa[SHADOW_SIDES];
};

/* ---- Foretelling --------------------------------------------------------------------------- */

/* In the IOAS. */
static void foretell_mapped(struct shadow *s, struct foretold *f, uint64_t address, unsigned access)
{
	const struct shadow_area *area = shadow_area_at(s, f->file, f->ioas, address);
	uint64_t byte;

	f->fate = FAULTS;
	if (!area)
		return;
	if (access & ~area->access) {
		/* Formats may have no page that is written and not read. */
		if (access == IOASIM_READ && area->access == IOASIM_WRITE)
			f->fate = WITHIN;
		return;
	}
	byte = area->start + (address - area->first);
	f->fate = REACHES;
	f->iova = address;
	for (unsigned n = 0; n < s->sides; n++)
		f->pa[n] = area->pages->page[byte / IOFD_PAGE].pa[n] + byte % IOFD_PAGE;
}

/* A page of the IOAS shows the page of memory, for reading and writing. */
static bool shows(struct shadow *s, const struct foretold *f, uint64_t iova, uint64_t memory)
{
	const struct shadow_area *area = shadow_area_at(s, f->file, f->ioas, iova);

	return area && area->access == (IOASIM_READ | IOASIM_WRITE) &&
	       area->pages->address + area->start + (iova - area->first) == memory;
}

/* Through the guest's table, if it is the one that all programs begin with. */
static void foretell_nested(struct shadow *s, struct foretold *f, bool plain, uint64_t address,
			    unsigned access)
{
	const uint64_t page = address / IOFD_PAGE;

	f->fate = WITHIN;
	if (!plain)
		return;
	for (uint64_t at = 0; at < IOFD_TABLES_SIZE; at += IOFD_PAGE)
		if (!shows(s, f, IOFD_TABLES_IOVA + at, IOFD_TABLES + at))
			return;
	if (page >= IOFD_GUEST_PAGES ||
	    (access & IOASIM_WRITE && !(iofd_guest_access(page) & IOASIM_WRITE))) {
		f->fate = FAULTS;
		return;
	}
	foretell_mapped(s, f, iofd_guest_page(page) * IOFD_PAGE + address % IOFD_PAGE, access);
}

/* U14: an access goes by the IOAS, and where nothing is pinned to the page that the process
 * has there now. */
static void foretell_software(struct shadow *s, struct foretold *f, const struct ioasim_dma *dma)
{
	const struct shadow_device *device = &s->device[dma->device];
	const struct shadow_area *area =
		device->ioas ? shadow_area_at(s, device->file, device->ioas, dma->address) : NULL;
	uint64_t byte, page;

	if (!area || dma->access & ~area->access)
		return;
	byte = area->start + (dma->address - area->first);
	page = area->pages->address + byte / IOFD_PAGE * IOFD_PAGE;
	if (!shadow_can_pin(s, area->pages, byte, 1))
		return;
	f->fate = REACHES;
	for (unsigned n = 0; n < s->sides; n++) {
		f->pa[n] = area->pages->page[byte / IOFD_PAGE].pa[n];
		if (!area->pages->page[byte / IOFD_PAGE].pins &&
		    !area->pages->page[byte / IOFD_PAGE].held)
			(void)ioasim_process_page(s->system[n], s->process, page, &f->pa[n]);
		f->pa[n] += byte % IOFD_PAGE;
	}
}

static bool is_message(const struct iofd_program *p, uint64_t address)
{
	for (unsigned n = 0; n < p->sides; n++) {
		const struct ioasim_arch *arch = p->side[n].system->arch;

		for (unsigned i = 0; i < ARCH_RESERVED && arch->reserved[i].about; i++)
			if (arch->reserved[i].first <= address && address <= arch->reserved[i].last)
				return true;
	}
	return false;
}

static struct foretold foretell(struct iofd_program *p, const struct ioasim_dma *dma)
{
	struct shadow *s = &p->shadow;
	uint32_t pasid = dma->has_pasid ? dma->pasid : SHADOW_NO_PASID;
	/* R3: without PASID members of a group have one route. */
	const struct shadow_route *route =
		shadow_route(s, dma->device, pasid, pasid == SHADOW_NO_PASID);
	struct foretold f = {.fate = FAULTS};
	const struct shadow_object *hwpt;

	if (s->device[dma->device].mediated ||
	    (!s->device[dma->device].software && is_message(p, dma->address))) {
		f.fate = UNKNOWN;
		return f;
	}
	if (s->device[dma->device].software) {
		foretell_software(s, &f, dma);
		return f;
	}
	/* A user's table of PASIDs has them all. */
	if (!route && pasid != SHADOW_NO_PASID) {
		route = shadow_route(s, dma->device, SHADOW_NO_PASID, false);
		if (route && s->file[route->file].object[route->hwpt].kind == SHADOW_NESTED)
			f.fate = UNKNOWN;
		return f;
	}
	if (!route)
		return f;
	hwpt = &s->file[route->file].object[route->hwpt];
	f.file = route->file;
	f.ioas = hwpt->ioas;
	f.hwpt = hwpt->kind == SHADOW_HWPT ? route->hwpt : hwpt->below;
	if (hwpt->kind == SHADOW_HWPT)
		foretell_mapped(s, &f, dma->address, dma->access);
	else
		foretell_nested(s, &f, hwpt->plain, dma->address, dma->access);
	return f;
}

/* ---- Judging --------------------------------------------------------------------------------- */

static bool within(const struct shadow *s, const struct foretold *f, unsigned side, uint64_t pa)
{
	for (unsigned n = 0; n < SHADOW_AREAS; n++) {
		const struct shadow_area *area = &s->area[n];

		if (!area->pages || area->file != f->file || area->ioas != f->ioas)
			continue;
		for (uint64_t i = 0; i < area->pages->count && i < SHADOW_RUN; i++)
			if ((area->pages->page[i].pins || area->pages->page[i].held) &&
			    area->pages->page[i].pa[side] == (pa & ~(IOFD_PAGE - 1)))
				return true;
	}
	return false;
}

static void judge(struct iofd_program *p, const struct ioasim_dma *dma, const struct foretold *f,
		  unsigned side, const struct ioasim_dma_result *result)
{
	bool reaches = result->outcome == IOASIM_DMA_REACHES;
	bool good = f->fate == UNKNOWN || (f->fate == FAULTS && !reaches) ||
		    (f->fate == REACHES && reaches && result->pa == f->pa[side]) ||
		    (f->fate == WITHIN && (!reaches || within(&p->shadow, f, side, result->pa)));

	const struct ioasim_violation *violation = ioasim_system_violation(p->side[side].system, 0);

	if (result->broken)
		iofd_break(p, "a DMA of device %d breaks S%u on %s: %s", dma->device,
			   violation ? violation->rule : 0u, p->side[side].arch,
			   violation ? violation->text : "");
	if (!good)
		iofd_break(
			p,
			"on %s device %d pasid %d %s %#llx %s %#llx, but by the rules it %s %#llx",
			p->side[side].arch, dma->device, dma->has_pasid ? (int)dma->pasid : -1,
			dma->access & IOASIM_WRITE ? "writes" : "reads",
			(unsigned long long)dma->address, reaches ? "reaches" : "fails",
			(unsigned long long)(reaches ? result->pa : 0),
			f->fate == REACHES ? "reaches" : "fails or stays within",
			(unsigned long long)(f->fate == REACHES ? f->pa[side] : 0));
}

/* U13. Where it is not known where a write went it may be told. */
static void follow(struct iofd_program *p, const struct ioasim_dma *dma, const struct foretold *f)
{
	bool writes = dma->access & IOASIM_WRITE;

	if (!f->hwpt || f->fate == FAULTS)
		return;
	if (writes && f->fate == REACHES)
		shadow_write(&p->shadow, f->file, f->hwpt, f->iova);
	else if (writes)
		p->shadow.file[f->file].object[f->hwpt].vague = true;
}

static void dma_do(struct iofd_program *p, const struct ioasim_dma *dma)
{
	struct ioasim_dma_result result[SHADOW_SIDES];
	const struct foretold f = foretell(p, dma);

	for (unsigned n = 0; n < p->sides && !p->broken[0]; n++) {
		if (ioasim_dma(p->side[n].system, dma, &result[n])) {
			iofd_tell(p, " is no DMA");
			return;
		}
		judge(p, dma, &f, n, &result[n]);
		if (n && f.fate != UNKNOWN && f.fate != WITHIN &&
		    result[n].outcome != result[0].outcome)
			iofd_break(p, "a DMA has another result on %s than on %s", p->side[n].arch,
				   p->side[0].arch);
	}
	follow(p, dma, &f);
	iofd_tell(p,
		  result[0].outcome == IOASIM_DMA_REACHES   ? " reaches %#llx"
		  : result[0].outcome == IOASIM_DMA_PENDING ? " waits"
							    : " fails",
		  (unsigned long long)result[0].pa);
}

static void dma(struct iofd_program *p, const struct ioasim_dma *what)
{
	iofd_tell(p, "device %d pasid %d %s %#llx", what->device,
		  what->has_pasid ? (int)what->pasid : -1,
		  what->access & IOASIM_WRITE ? "writes" : "reads",
		  (unsigned long long)what->address);
	dma_do(p, what);
	iofd_tell(p, "\n");
}

/* ---- Steps --------------------------------------------------------------------------------------- */

/* Rather of a route that there is. */
void iofd_step_dma(struct iofd_program *p)
{
	bool rather;
	uint8_t byte = iofd_byte(p);
	struct ioasim_dma what = {
		.device = byte % SHADOW_DEVICES,
		.address = iofd_iova(p),
		.length = 1u + (byte >> 4) % 8,
		.access = byte & 0x80 ? IOASIM_WRITE : IOASIM_READ,
	};

	rather = iofd_chance(p, 0xc0);
	for (unsigned n = 0; rather && n < SHADOW_ROUTES; n++) {
		const struct shadow_route *route = &p->shadow.route[(n + byte) % SHADOW_ROUTES];

		if (!route->used)
			continue;
		what.device = route->device;
		what.has_pasid = route->pasid != SHADOW_NO_PASID;
		what.pasid = what.has_pasid ? route->pasid : 0;
		break;
	}
	if (!what.has_pasid && byte >= 0xe8)
		what.device = SHADOW_DEVICES - 1; /* the mdev has no route */
	if (iofd_chance(p, 0x20)) {
		/* With PASID 0 requests meet the entry of those without one on amdvi. */
		what.has_pasid = true;
		what.pasid = 1 + iofd_byte(p) % 3;
	}
	/* Within a page. */
	if (what.address > UINT64_MAX - IOFD_PAGE)
		what.address -= IOFD_PAGE;
	if (what.address % IOFD_PAGE > 0xff0)
		what.length = 1;
	dma(p, &what);
}

static void probe(struct iofd_program *p, int device, uint32_t pasid, uint64_t address,
		  unsigned *left)
{
	const struct ioasim_dma what = {
		.device = device,
		.has_pasid = pasid != SHADOW_NO_PASID,
		.pasid = pasid != SHADOW_NO_PASID ? pasid : 0,
		.address = address,
		.length = 1,
		.access = *left % 2 ? IOASIM_WRITE : IOASIM_READ,
	};

	if (!*left || p->broken[0])
		return;
	--*left;
	dma(p, &what);
}

/* A request that waits would fill the queue. */
static bool may_wait(struct iofd_program *p, int device, uint32_t pasid)
{
	const struct shadow_route *route =
		shadow_route(&p->shadow, device, pasid, pasid == SHADOW_NO_PASID);

	return route && p->shadow.file[route->file].object[route->hwpt].faults;
}

/* What can be reached is reached, and what could once be reached, as the book tells. */
void iofd_probe(struct iofd_program *p)
{
	struct shadow *s = &p->shadow;
	unsigned left = PROBES;

	for (unsigned n = 0; n < SHADOW_GONE && n < s->gones; n++)
		if (!may_wait(p, s->gone[n].device, s->gone[n].pasid))
			probe(p, s->gone[n].device, s->gone[n].pasid, s->gone[n].iova, &left);
	for (int device = 0; device < SHADOW_DEVICES; device++)
		for (unsigned i = 0; s->device[device].ioas && i < SHADOW_AREAS; i++)
			if (s->area[i].pages && s->area[i].file == s->device[device].file &&
			    s->area[i].ioas == s->device[device].ioas)
				probe(p, device, SHADOW_NO_PASID, s->area[i].first, &left);
	for (unsigned n = 0; n < SHADOW_ROUTES; n++) {
		const struct shadow_route *route = &s->route[n];
		const struct shadow_object *hwpt;

		if (!route->used || may_wait(p, route->device, route->pasid))
			continue;
		hwpt = &s->file[route->file].object[route->hwpt];
		for (unsigned i = 0; i < SHADOW_AREAS && left; i++)
			if (s->area[i].pages && s->area[i].file == route->file &&
			    s->area[i].ioas == hwpt->ioas) {
				probe(p, route->device, route->pasid, s->area[i].first, &left);
				probe(p, route->device, route->pasid, s->area[i].last, &left);
			}
	}
}
