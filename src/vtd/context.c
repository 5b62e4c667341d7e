/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from a request to the entry that governs it (3.4): root table, context
 * table, PASID directory, PASID table, with the fault conditions of 7.1.3, Table 30
 * in the order in which the structures are met.
 */
#include "model/counters.h"
#include "vtd/context.h"
#include "vtd/registers.h"

/* One look-up under way. */
struct search {
	struct vtd_unit *u;
	struct walk_env env;
	const struct vtd_asker *asker;
	enum vtd_asks asks;
	bool fpd;
};

/* A table that is not a page table: of entries of `words` words, chosen by bits
 * high..low of a source-id or PASID. */
struct structure {
	uint8_t high, low, kind, level, words;
};

#define WORDS(size) ((size) / sizeof(uint64_t))

static const struct structure root_table = {VTD_SID_BUS, IOASIM_REF_DEVICE_TABLE, 1,
					    WORDS(VTD_ROOT_SIZE)};
static const struct structure context_table = {VTD_SID_DEVFN, IOASIM_REF_DEVICE_TABLE, 0,
					       WORDS(VTD_CONTEXT_SIZE)};
/* Half an entry serves half a bus. */
static const struct structure scalable_root_table = {VTD_SID_SCALABLE_BUS, IOASIM_REF_DEVICE_TABLE,
						     1, WORDS(VTD_ROOT_SIZE / 2)};
static const struct structure scalable_context_table = {
	VTD_SID_SCALABLE_DEVFN, IOASIM_REF_DEVICE_TABLE, 0, WORDS(VTD_SCALABLE_CONTEXT_SIZE)};
static const struct structure pasid_directory = {VTD_PASID_DIRECTORY_INDEX, IOASIM_REF_PASID_TABLE,
						 1, WORDS(VTD_PASID_DIRECTORY_SIZE)};
static const struct structure pasid_table = {VTD_PASID_TABLE_INDEX, IOASIM_REF_PASID_TABLE, 0,
					     WORDS(VTD_PASID_SIZE)};

static inline __attribute__((always_inline)) bool read_entry(const struct search *s,
							     const struct structure *of,
							     uint64_t table, uint32_t input,
							     uint64_t *entry)
{
	uint64_t pa = table + field_get(of->high, of->low, input) * of->words * sizeof(*entry);
	const struct walk_reference what = {
		.pa = pa,
		.input = input,
		.address = pa,
		.kind = of->kind,
		.level = of->level,
		.words = of->words,
		.high = of->high,
		.low = of->low,
	};

	return walk_read_words(&s->env, &what, entry);
}

static bool any_reserved(const uint64_t *entry, const uint64_t *reserved, unsigned words)
{
	uint64_t bad = 0;

	for (unsigned i = 0; i < words; i++)
		bad |= entry[i] & reserved[i];
	return bad != 0;
}

static bool width_supported(const struct vtd_features *f, uint64_t aw)
{
	return aw >= 1 && aw <= 3 && (f->sagaw & 1u << aw);
}

/* 9.3: levels of a supported AW. */
static uint8_t width_levels(uint64_t aw)
{
	return (uint8_t)(aw + 2);
}

/* ---- Legacy mode (3.4.2) --------------------------------------------------------- */

static bool translation_type_legal(const struct vtd_features *f, uint64_t tt)
{
	switch (tt) {
	case VTD_TT_UNTRANSLATED:
		return true;
	case VTD_TT_ATS:
		return f->dt;
	case VTD_TT_PASS:
		return f->pt;
	default:
		return false;
	}
}

static enum vtd_fault_reason read_legacy_context(struct search *s, struct vtd_context *context)
{
	const struct vtd_reserved *reserved = &s->u->tables->reserved;
	uint64_t root[2], entry[2], tt, aw;

	if (!read_entry(s, &root_table, s->u->root, s->asker->source_id, root))
		return VTD_FAULT_LRT_1;
	if (!field_get(VTD_ROOT_P, root[0]))
		return VTD_FAULT_LRT_2;
	if (any_reserved(root, reserved->root, 2))
		return VTD_FAULT_LRT_3;

	if (!read_entry(s, &context_table, field_bits(VTD_ROOT_CTP, root[0]), s->asker->source_id,
			entry))
		return VTD_FAULT_LCT_1;
	s->fpd = context->fpd = field_get(VTD_CONTEXT_0_FPD, entry[0]);
	if (!field_get(VTD_CONTEXT_0_P, entry[0]))
		return VTD_FAULT_LCT_2;
	if (any_reserved(entry, reserved->context, 2))
		return VTD_FAULT_LCT_3;
	tt = field_get(VTD_CONTEXT_0_TT, entry[0]);
	aw = field_get(VTD_CONTEXT_1_AW, entry[1]);
	if (!translation_type_legal(&s->u->features, tt) || !width_supported(&s->u->features, aw))
		return VTD_FAULT_LCT_4;

	context->table = field_bits(VTD_CONTEXT_0_SSPTPTR, entry[0]);
	context->did = (uint16_t)field_get(VTD_CONTEXT_1_DID, entry[1]);
	context->levels = width_levels(aw);
	context->pass = tt == VTD_TT_PASS;
	context->ats = tt == VTD_TT_ATS;
	return VTD_FAULT_NONE;
}

/* ---- Scalable mode (3.4.3) ------------------------------------------------------- */

static enum vtd_fault_reason read_scalable_context(struct search *s, struct vtd_context *context)
{
	const struct vtd_reserved *reserved = &s->u->tables->reserved;
	const struct vtd_features *f = &s->u->features;
	uint64_t root, entry[4];
	bool dte, pre;

	if (!read_entry(s, &scalable_root_table, s->u->root, s->asker->source_id, &root))
		return VTD_FAULT_SRT_1;
	if (!field_get(VTD_ROOT_P, root))
		return VTD_FAULT_SRT_2;
	if (root & reserved->scalable_root)
		return VTD_FAULT_SRT_3;

	if (!read_entry(s, &scalable_context_table, field_bits(VTD_ROOT_CTP, root),
			s->asker->source_id, entry))
		return VTD_FAULT_SCT_1;
	s->fpd = context->fpd = field_get(VTD_SCALABLE_CONTEXT_0_FPD, entry[0]);
	if (!field_get(VTD_SCALABLE_CONTEXT_0_P, entry[0]))
		return VTD_FAULT_SCT_2;
	if (any_reserved(entry, reserved->scalable_context, 4))
		return VTD_FAULT_SCT_3;

	/* Fields of absent features are ignored (docs/choices.md). */
	dte = f->dt && field_get(VTD_SCALABLE_CONTEXT_0_DTE, entry[0]);
	pre = f->prs && field_get(VTD_SCALABLE_CONTEXT_0_PRE, entry[0]);
	context->table = field_bits(VTD_SCALABLE_CONTEXT_0_PASIDDIRPTR, entry[0]);
	context->pasid_bits =
		(uint8_t)(field_get(VTD_SCALABLE_CONTEXT_0_PDTS, entry[0]) + VTD_PDTS_PASID_BITS);
	context->ats = dte;
	context->page_requests = pre;
	context->pasid = f->pasid && field_get(VTD_SCALABLE_CONTEXT_0_PASIDE, entry[0]);
	if (f->rps)
		context->rid_pasid =
			(uint32_t)field_get(VTD_SCALABLE_CONTEXT_1_RID_PASID, entry[1]);
	context->rid_privileged = f->rprivs && field_get(VTD_SCALABLE_CONTEXT_1_RID_PRIV, entry[1]);
	if ((pre && !dte) || context->rid_pasid >> context->pasid_bits)
		return VTD_FAULT_SCT_4;
	return VTD_FAULT_NONE;
}

/* What a present and legal context entry refuses to this request. */
static enum vtd_fault_reason check_scalable_request(const struct search *s,
						    const struct vtd_context *context)
{
	const struct vtd_features *f = &s->u->features;

	switch (s->asks) {
	case VTD_ASKS_TRANSLATION:
	case VTD_ASKS_TRANSLATED:
		if (!context->ats)
			return VTD_FAULT_SCT_5;
		break;
	case VTD_ASKS_PAGE:
		if (!context->page_requests)
			return VTD_FAULT_SCT_8;
		break;
	case VTD_ASKS_UNTRANSLATED:
		break;
	}
	if (!s->asker->has_pasid)
		return VTD_FAULT_NONE;
	if (!context->pasid && s->asks != VTD_ASKS_TRANSLATED)
		return VTD_FAULT_SCT_6;
	if (s->asker->pasid >> context->pasid_bits)
		return VTD_FAULT_SCT_7;
	if (f->rps && s->asker->pasid == context->rid_pasid)
		return VTD_FAULT_SCT_9;
	if (s->asker->pasid >> f->pasid_bits && s->asks != VTD_ASKS_PAGE)
		return VTD_FAULT_SGN_10;
	if (s->asks == VTD_ASKS_TRANSLATED)
		return VTD_FAULT_SCT_10;
	return VTD_FAULT_NONE;
}

static enum vtd_fault_reason decode_pasid(const struct vtd_unit *u, const uint64_t *entry,
					  struct vtd_pasid_entry *pasid)
{
	const struct vtd_features *f = &u->features;
	uint64_t aw = field_get(VTD_PASID_0_AW, entry[0]);
	uint64_t fspm = field_get(VTD_PASID_2_FSPM, entry[2]);
	bool first, second;

	pasid->pgtt = (uint8_t)field_get(VTD_PASID_0_PGTT, entry[0]);
	first = pasid->pgtt == VTD_PGTT_FIRST || pasid->pgtt == VTD_PGTT_NESTED;
	second = pasid->pgtt == VTD_PGTT_SECOND || pasid->pgtt == VTD_PGTT_NESTED;
	if (!(pasid->pgtt == VTD_PGTT_FIRST && f->fsts) &&
	    !(pasid->pgtt == VTD_PGTT_SECOND && f->ssts) &&
	    !(pasid->pgtt == VTD_PGTT_NESTED && f->nest) &&
	    !(pasid->pgtt == VTD_PGTT_PASS && f->pt))
		return VTD_FAULT_SPT_4;
	if (second && !width_supported(f, aw))
		return VTD_FAULT_SPT_4;
	if (first && fspm != VTD_FSPM_4_LEVEL && !(fspm == VTD_FSPM_5_LEVEL && f->fs5lp))
		return VTD_FAULT_SPT_4;

	pasid->did = (uint16_t)field_get(VTD_PASID_1_DID, entry[1]);
	pasid->levels = second ? width_levels(aw) : 0;
	pasid->fs_levels = first ? (fspm == VTD_FSPM_5_LEVEL ? 5 : 4) : 0;
	pasid->ss_root = field_bits(VTD_PASID_0_SSPTPTR, entry[0]);
	pasid->fs_root = field_bits(VTD_PASID_2_FSPTPTR, entry[2]);
	if (first && second && pasid->fs_root >> vtd_second_bits(f, pasid->levels))
		return VTD_FAULT_SPT_4;

	pasid->ssade = second && f->ssads && field_get(VTD_PASID_0_SSADE, entry[0]);
	pasid->pwsnp = f->smpwcs && field_get(VTD_PASID_1_PWSNP, entry[1]);
	pasid->pgsnp = f->snoop_control && field_get(VTD_PASID_1_PGSNP, entry[1]);
	pasid->sre = f->srs && field_get(VTD_PASID_2_SRE, entry[2]);
	pasid->ere = f->ers && (!first || field_get(VTD_PASID_2_ERE, entry[2]));
	pasid->wpe = first && field_get(VTD_PASID_2_WPE, entry[2]);
	pasid->nxe = first && f->ers && field_get(VTD_PASID_2_NXE, entry[2]);
	pasid->eafe = first && f->eafs && field_get(VTD_PASID_2_EAFE, entry[2]);
	return VTD_FAULT_NONE;
}

static enum vtd_fault_reason read_pasid(struct search *s, const struct vtd_context *context,
					uint32_t number, struct vtd_pasid_entry *pasid)
{
	const struct vtd_reserved *reserved = &s->u->tables->reserved;
	uint64_t directory, entry[VTD_PASID_WORDS];

	if (!read_entry(s, &pasid_directory, context->table, number, &directory))
		return VTD_FAULT_SPD_1;
	pasid->fpd = field_get(VTD_PASID_DIRECTORY_FPD, directory);
	s->fpd |= pasid->fpd;
	if (!field_get(VTD_PASID_DIRECTORY_P, directory))
		return VTD_FAULT_SPD_2;
	if (directory & reserved->pasid_directory)
		return VTD_FAULT_SPD_3;

	if (!read_entry(s, &pasid_table, field_bits(VTD_PASID_DIRECTORY_SMPTBLPTR, directory),
			number, entry))
		return VTD_FAULT_SPT_1;
	pasid->fpd |= field_get(VTD_PASID_0_FPD, entry[0]);
	s->fpd |= pasid->fpd;
	if (!field_get(VTD_PASID_0_P, entry[0]))
		return VTD_FAULT_SPT_2;
	if (any_reserved(entry, reserved->pasid, VTD_PASID_WORDS))
		return VTD_FAULT_SPT_3;
	return decode_pasid(s->u, entry, pasid);
}

/* ---- Through the caches ---------------------------------------------------------- */

/* The second key keeps the two modes from seeing each other's entries. */
static enum vtd_fault_reason find_context(struct search *s, struct vtd_context *context)
{
	struct vtd_tables *t = s->u->tables;
	bool legacy = s->u->ttm == VTD_TTM_LEGACY;
	uint64_t index = vtd_context_index(s->asker->source_id);
	enum vtd_fault_reason reason;
	uint32_t slot;

	if (!cache_off(&t->context_cache)) {
		slot = cache_find(&t->context_cache, index, legacy, 0);
		counters_lookup(t->counters, s->env.cost, IOASIM_CACHE_DEVICE, slot != CACHE_NONE);
		if (slot != CACHE_NONE) {
			cache_touch(&t->context_cache, slot);
			*context = t->context[slot];
			s->fpd = context->fpd;
			return VTD_FAULT_NONE;
		}
	}
	*context = (struct vtd_context){0};
	reason = legacy ? read_legacy_context(s, context) : read_scalable_context(s, context);
	if (reason != VTD_FAULT_NONE || cache_off(&t->context_cache))
		return reason;
	slot = cache_fill(&t->context_cache, index, legacy, 0, legacy ? context->did : 0);
	t->context[slot] = *context;
	return VTD_FAULT_NONE;
}

static enum vtd_fault_reason find_pasid(struct search *s, const struct vtd_context *context,
					uint32_t number, struct vtd_pasid_entry *pasid)
{
	struct vtd_tables *t = s->u->tables;
	uint64_t index = vtd_pasid_index(s->asker->source_id, number);
	enum vtd_fault_reason reason;
	uint32_t slot;

	if (!cache_off(&t->pasid_cache)) {
		slot = cache_find(&t->pasid_cache, index, 0, 0);
		counters_lookup(t->counters, s->env.cost, IOASIM_CACHE_PASID, slot != CACHE_NONE);
		if (slot != CACHE_NONE) {
			cache_touch(&t->pasid_cache, slot);
			*pasid = t->pasid[slot];
			s->fpd |= pasid->fpd;
			return VTD_FAULT_NONE;
		}
	}
	*pasid = (struct vtd_pasid_entry){0};
	reason = read_pasid(s, context, number, pasid);
	if (reason != VTD_FAULT_NONE || cache_off(&t->pasid_cache))
		return reason;
	slot = cache_fill(&t->pasid_cache, index, 0, 0, pasid->did);
	t->pasid[slot] = *pasid;
	return VTD_FAULT_NONE;
}

/* ---- The route -------------------------------------------------------------------- */

/* 11.4.5: what the latched mode refuses before any table is read. */
static enum vtd_fault_reason check_mode(const struct search *s)
{
	const struct vtd_features *f = &s->u->features;

	switch ((enum vtd_ttm)s->u->ttm) {
	case VTD_TTM_LEGACY:
		if (s->asks == VTD_ASKS_PAGE)
			return VTD_FAULT_RTA_3;
		return s->asker->has_pasid ? VTD_FAULT_RTA_2 : VTD_FAULT_NONE;
	case VTD_TTM_SCALABLE:
		return f->smts ? VTD_FAULT_NONE : VTD_FAULT_RTA_1;
	case VTD_TTM_ABORT:
		return f->adms ? VTD_FAULT_RTA_4 : VTD_FAULT_RTA_1;
	case VTD_TTM_RESERVED:
		break;
	}
	return VTD_FAULT_RTA_1;
}

static enum vtd_fault_reason route_legacy(const struct search *s, const struct vtd_context *context,
					  struct vtd_route *route)
{
	if (s->asks != VTD_ASKS_UNTRANSLATED && !context->ats)
		return VTD_FAULT_LCT_5;
	route->legacy = true;
	route->ats = context->ats;
	route->pgtt = context->pass ? VTD_PGTT_PASS : VTD_PGTT_SECOND;
	route->levels = context->levels;
	route->did = context->did;
	route->ss_root = context->table;
	return VTD_FAULT_NONE;
}

static enum vtd_fault_reason route_scalable(struct search *s, const struct vtd_context *context,
					    struct vtd_route *route)
{
	struct vtd_pasid_entry pasid;
	enum vtd_fault_reason reason = check_scalable_request(s, context);

	if (reason != VTD_FAULT_NONE || s->asks == VTD_ASKS_TRANSLATED)
		return reason;
	route->pasid = s->asker->has_pasid ? s->asker->pasid : context->rid_pasid;
	route->privileged = s->asker->has_pasid ? s->asker->privileged : context->rid_privileged;
	reason = find_pasid(s, context, route->pasid, &pasid);
	if (reason != VTD_FAULT_NONE)
		return reason;
	if (s->asks != VTD_ASKS_PAGE) {
		if (s->asker->execute && s->asker->has_pasid && !pasid.ere)
			return VTD_FAULT_SPT_5;
		if (route->privileged && !pasid.sre)
			return VTD_FAULT_SPT_6;
	}

	route->ats = context->ats;
	route->pgtt = pasid.pgtt;
	route->levels = pasid.levels;
	route->fs_levels = pasid.fs_levels;
	route->did = pasid.did;
	route->ss_root = pasid.ss_root;
	route->fs_root = pasid.fs_root;
	route->sre = pasid.sre;
	route->ere = pasid.ere;
	route->wpe = pasid.wpe;
	route->eafe = pasid.eafe;
	route->ssade = pasid.ssade;
	route->pwsnp = pasid.pwsnp;
	route->pgsnp = pasid.pgsnp;
	route->nxe = pasid.nxe;
	return VTD_FAULT_NONE;
}

enum vtd_fault_reason vtd_route_find(struct vtd_unit *u, const struct vtd_asker *asker,
				     enum vtd_asks asks, struct ioasim_cost *cost,
				     struct vtd_route *route)
{
	struct search s = {
		.u = u,
		.env = {.memory = u->unit.memory,
			.cost = cost,
			.callbacks = &u->unit.config.callbacks,
			.opaque = u->unit.config.opaque},
		.asker = asker,
		.asks = asks,
	};
	enum vtd_fault_reason reason = check_mode(&s);
	struct vtd_context context;

	*route = (struct vtd_route){0};
	if (reason == VTD_FAULT_NONE)
		reason = find_context(&s, &context);
	if (reason == VTD_FAULT_NONE)
		reason = u->ttm == VTD_TTM_LEGACY ? route_legacy(&s, &context, route)
						  : route_scalable(&s, &context, route);
	route->fpd = s.fpd;
	return reason;
}
