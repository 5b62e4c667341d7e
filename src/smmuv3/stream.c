/* SPDX-License-Identifier: Apache-2.0 */
/* From a StreamID to its stream table entry (3.3.2, 5.1, 5.2). */
#include "smmuv3/stream.h"

#include <string.h>

/* Above the output size there is nothing to read (3.4.3). */
static bool readable(const struct smmu_unit *u, uint64_t pa)
{
	return !(pa >> u->features.oas);
}

/* ---- Stage 2 of an STE --------------------------------------------------------------- */

/* 0: reserved. */
static unsigned s2tg_granule(uint64_t s2tg)
{
	static const uint8_t granule[] = {SMMU_4K_LG2, SMMU_64K_LG2, SMMU_16K_LG2, 0};

	return granule[s2tg & 3];
}

/* STES2T0SZInvalid of 5.2.2, from SMMUv3.1 on, without DS. */
static bool s2t0sz_invalid(const struct smmu_features *f, unsigned granule, unsigned s2t0sz)
{
	unsigned most = granule == SMMU_64K_LG2 ? 52 : 48;
	unsigned least_sz = 64 - (f->ias < most ? f->ias : most);
	unsigned most_sz = 39;

	if (f->stt)
		most_sz = granule == SMMU_64K_LG2 ? 47 : 48;
	return s2t0sz < least_sz || s2t0sz > most_sz;
}

/*
 * Level of the first table, or -1 for an S2SL0 that means none. S2SL0 counts upwards
 * from level 1 with 4KB, where 3 is level 0 with small tables, and from 0 otherwise.
 */
static int s2_first_level(const struct smmu_features *f, unsigned granule, uint64_t s2sl0)
{
	if (s2sl0 == 3)
		return granule == SMMU_4K_LG2 && f->stt ? 0 : -1;
	return (int)s2sl0 + (granule == SMMU_4K_LG2);
}

/* Whether a table of this level, or up to 16 side by side, resolve that much input. */
static bool s2_first_level_fits(unsigned granule, unsigned level, unsigned input)
{
	unsigned shift = smmu_shift(granule, level);

	return input > shift && input <= smmu_shift(granule, level + 1) + 4;
}

/* The order of SteIllegal() is kept; false: ILLEGAL. */
static bool decode_second(const struct smmu_features *f, const uint64_t *words,
			  struct smmu_ste *ste)
{
	struct smmu_tree *tree = &ste->second;
	unsigned granule = s2tg_granule(field_get(SMMU_STE_2_S2TG, words[2]));
	unsigned output = smmu_output_bits(f, field_get(SMMU_STE_2_S2PS, words[2]));
	unsigned s2t0sz = (unsigned)field_get(SMMU_STE_2_S2T0SZ, words[2]);
	uint64_t root = field_bits(SMMU_STE_3_S2TTB, words[3]);
	bool ha = field_get(SMMU_STE_2_S2HA, words[2]), hd = field_get(SMMU_STE_2_S2HD, words[2]);
	bool haft = f->httu == 3 && field_get(SMMU_STE_2_S2HAFT, words[2]);
	int level;

	if (!field_get(SMMU_STE_2_S2AA64, words[2]))
		return false;
	if (((ha || hd) && f->httu == 0) || (hd && f->httu == 1) || (haft && !ha))
		return false;
	if (!smmu_granule_supported(f, granule) || root >> output ||
	    s2t0sz_invalid(f, granule, s2t0sz))
		return false;
	level = s2_first_level(f, granule, field_get(SMMU_STE_2_S2SL0, words[2]));
	if (level < 0 || !s2_first_level_fits(granule, (unsigned)level, 64 - s2t0sz))
		return false;
	if (field_get(SMMU_STE_2_S2ENDI, words[2]))
		return false;

	tree->granule = (uint8_t)granule;
	tree->input = (uint8_t)(64 - s2t0sz);
	tree->ha = ha;
	tree->hd = ha && hd;
	tree->haft = haft;
	tree->affd = field_get(SMMU_STE_2_S2AFFD, words[2]);
	smmu_tree_shape(tree, root, (unsigned)level, output);
	ste->s2fwb = f->fwb && field_get(SMMU_STE_1_S2FWB, words[1]);
	return true;
}

/* ---- STE (5.2.2) ------------------------------------------------------------------------- */

/* EATS of an STE that translates; false: ILLEGAL. */
static bool decode_eats(const struct smmu_features *f, const uint64_t *words, struct smmu_ste *ste)
{
	uint64_t eats = field_get(SMMU_STE_1_EATS, words[1]);

	if (!f->ats)
		return true;
	if (eats == SMMU_EATS_SPLIT && (!ste->stage1 || !ste->stage2 || ste->s2s || f->ns1ats))
		return false;
	if (eats == SMMU_EATS_FULL && ste->stage2 && ste->s2s)
		return false;
	if (eats == SMMU_EATS_SPLIT || eats == SMMU_EATS_FULL)
		ste->eats = (uint8_t)eats;
	return true;
}

static bool decode_world(const struct smmu_unit *u, const uint64_t *words, struct smmu_ste *ste)
{
	uint64_t strw = field_get(SMMU_STE_1_STRW, words[1]);

	ste->world = SMMU_NS_EL1;
	if (!u->features.hyp || !ste->stage1 || ste->stage2)
		return true;
	if (strw == SMMU_STRW_EL2)
		ste->world = u->e2h ? SMMU_EL2_E2H : SMMU_EL2;
	return strw == SMMU_STRW_EL2 || strw == SMMU_STRW_NS_EL1;
}

static bool decode_first(const struct smmu_features *f, const uint64_t *words, struct smmu_ste *ste)
{
	uint64_t s1fmt = field_get(SMMU_STE_0_S1FMT, words[0]);
	uint64_t s1cdmax = field_get(SMMU_STE_0_S1CDMAX, words[0]);

	ste->s1stalld = field_get(SMMU_STE_1_S1STALLD, words[1]);
	if (ste->s1stalld && f->stall_model != 0)
		return false;
	if (f->ssid_bits == 0)
		s1cdmax = 0;
	if (s1cdmax > f->ssid_bits)
		return false;
	if (s1cdmax == 0 || s1fmt > SMMU_S1FMT_64K)
		s1fmt = SMMU_S1FMT_LINEAR;
	if (s1fmt != SMMU_S1FMT_LINEAR && !f->cd2l)
		return false;
	ste->context = field_bits(SMMU_STE_0_S1CONTEXTPTR, words[0]);
	if (ste->context >> (ste->stage2 ? f->ias : f->oas))
		return false;
	ste->s1fmt = (uint8_t)s1fmt;
	ste->s1cdmax = (uint8_t)s1cdmax;
	ste->s1dss = (uint8_t)field_get(SMMU_STE_1_S1DSS, words[1]);
	return true;
}

static void decode_overrides(const struct smmu_features *f, const uint64_t *words,
			     struct smmu_ste *ste)
{
	uint64_t privcfg = field_get(SMMU_STE_1_PRIVCFG, words[1]);
	uint64_t instcfg = field_get(SMMU_STE_1_INSTCFG, words[1]);

	if (!f->perms_ovr)
		privcfg = instcfg = 0;
	ste->privileged_stays = privcfg != SMMU_PRIVCFG_USER;
	ste->privileged_added = privcfg == SMMU_PRIVCFG_PRIV;
	ste->instruction_stays = instcfg != SMMU_INSTCFG_DATA;
	ste->instruction_added = instcfg == SMMU_INSTCFG_INST;
}

/* SteIllegal(), non-secure, in its order, taking the fields along. */
static bool decode_legal(const struct smmu_unit *u, const uint64_t *words, struct smmu_ste *ste)
{
	const struct smmu_features *f = &u->features;
	bool vmid_used;

	if (!field_get(SMMU_STE_0_V, words[0]))
		return false;
	ste->ppar = field_get(SMMU_STE_1_PPAR, words[1]);
	decode_overrides(f, words, ste);
	if (!field_get(SMMU_STE_0_CONFIG_ON, words[0]))
		return true;
	ste->stage1 = field_get(SMMU_STE_0_CONFIG_S1, words[0]);
	ste->stage2 = field_get(SMMU_STE_0_CONFIG_S2, words[0]);
	if ((ste->stage1 && !f->s1p) || (ste->stage2 && !f->s2p))
		return false;
	ste->bypass = !ste->stage1 && !ste->stage2;
	if (ste->bypass)
		return true;
	if (ste->stage2) {
		ste->s2s = field_get(SMMU_STE_2_S2S, words[2]);
		ste->s2r = field_get(SMMU_STE_2_S2R, words[2]);
		ste->s2ptw = ste->stage1 && field_get(SMMU_STE_2_S2PTW, words[2]);
	}
	if (!decode_eats(f, words, ste) || !decode_world(u, words, ste))
		return false;
	if (ste->stage1 && !decode_first(f, words, ste))
		return false;
	if (ste->stage2 && ((ste->s2s && f->stall_model == 1) ||
			    (!ste->s2s && f->stall_model == 2) || !decode_second(f, words, ste)))
		return false;
	vmid_used = f->s2p && ste->world == SMMU_NS_EL1;
	if (vmid_used)
		ste->vmid = (uint16_t)field_get(SMMU_STE_2_S2VMID, words[2]);
	return f->vmid16 || !field_get(SMMU_ID_HIGH, ste->vmid);
}

static void decode(const struct smmu_unit *u, struct smmu_decoded_ste *d)
{
	d->e2h = u->e2h;
	d->ste = (struct smmu_ste){0};
	d->ste.illegal = !decode_legal(u, d->words, &d->ste);
}

/* ---- Through the cache --------------------------------------------------------------------- */

/* The slot of what is filed there, or CACHE_NONE. */
static uint32_t find(struct smmu_unit *u, uint64_t index, const struct walk_env *env)
{
	struct smmu_tables *t = u->tables;
	uint32_t slot;

	if (cache_off(&t->streams))
		return CACHE_NONE;
	slot = cache_find(&t->streams, index, 0, 0);
	counters_lookup(t->counters, env->cost, IOASIM_CACHE_DEVICE, slot != CACHE_NONE);
	if (slot != CACHE_NONE)
		cache_touch(&t->streams, slot);
	return slot;
}

static uint32_t fill(struct smmu_tables *t, uint64_t index)
{
	return cache_off(&t->streams) ? CACHE_NONE : cache_fill(&t->streams, index, 0, 0, 0);
}

/* 5.1: an unusable Span or one beyond the split means that there are no STEs. */
static void decode_l1std(const struct smmu_unit *u, uint64_t word, struct smmu_l1std *l1std)
{
	uint64_t span = field_get(SMMU_L1STD_SPAN, word);

	*l1std = (struct smmu_l1std){0};
	if (span == 0 || span > SMMU_L1STD_SPAN_MAX || span > u->split + 1u)
		return;
	l1std->count = 1u << (span - 1);
	l1std->table = field_bits(SMMU_L1STD_L2PTR, word) &
		       ~(uint64_t)(l1std->count * (uint64_t)SMMU_STE_SIZE - 1);
}

/* false: F_STE_FETCH. */
static bool find_l1std(struct smmu_unit *u, uint32_t sid, const struct walk_env *env,
		       struct smmu_l1std *l1std, struct smmu_fault_info *why)
{
	struct smmu_tables *t = u->tables;
	uint32_t number = sid >> u->split;
	uint32_t slot = find(u, smmu_l1std_index(number), env);
	struct walk_reference what = {
		.pa = u->strtab + number * (uint64_t)SMMU_L1STD_SIZE,
		.input = sid,
		.kind = IOASIM_REF_DEVICE_TABLE,
		.level = 1,
		.words = 1,
		.high = smmu_top_bit(u->sid_lg2, u->split),
		.low = u->split,
	};
	uint64_t word;

	if (slot != CACHE_NONE) {
		*l1std = t->stream[slot].l1std;
		return true;
	}
	what.address = what.pa;
	if (!readable(u, what.pa) || !walk_read_words(env, &what, &word)) {
		why->event = SMMU_F_STE_FETCH;
		why->fetch_address = what.pa;
		return false;
	}
	decode_l1std(u, word, l1std);
	slot = fill(t, smmu_l1std_index(number));
	if (slot != CACHE_NONE)
		t->stream[slot].l1std = *l1std;
	return true;
}

/* Where the STE lies; false: C_BAD_STREAMID or F_STE_FETCH. */
static bool locate(struct smmu_unit *u, uint32_t sid, const struct walk_env *env, uint64_t *pa,
		   struct smmu_fault_info *why)
{
	struct smmu_l1std l1std;
	uint32_t index = sid;

	if (!u->two_level) {
		*pa = u->strtab + sid * (uint64_t)SMMU_STE_SIZE;
		return true;
	}
	if (!find_l1std(u, sid, env, &l1std, why))
		return false;
	index &= (1u << u->split) - 1;
	if (index >= l1std.count) {
		why->event = SMMU_C_BAD_STREAMID;
		return false;
	}
	*pa = l1std.table + index * (uint64_t)SMMU_STE_SIZE;
	return true;
}

/* NULL: `why` tells. */
static const struct smmu_ste *read_ste(struct smmu_unit *u, uint32_t sid,
				       const struct walk_env *env, struct smmu_fault_info *why)
{
	enum walk_known known = WALK_UNREADABLE;
	uint64_t words[SMMU_STE_WORDS];
	struct smmu_decoded_ste *d;
	struct walk_reference what = {
		.input = sid,
		.kind = IOASIM_REF_DEVICE_TABLE,
		.words = SMMU_STE_WORDS,
		.high = smmu_top_bit(u->two_level ? u->split : u->sid_lg2, 0),
	};

	if (!locate(u, sid, env, &what.pa, why))
		return NULL;
	what.address = what.pa;
	d = &u->tables->decoded_ste[what.pa / SMMU_STE_SIZE % SMMU_DECODED];
	if (readable(u, what.pa))
		known = walk_read_known(env, &what, d->words, SMMU_STE_DECODED, words);
	if (known == WALK_UNREADABLE) {
		why->event = SMMU_F_STE_FETCH;
		why->fetch_address = what.pa;
		return NULL;
	}
	if (known == WALK_CHANGED)
		memcpy(d->words, words, sizeof(d->words));
	if (known == WALK_CHANGED || d->e2h != u->e2h)
		decode(u, d);
	return &d->ste;
}

const struct smmu_ste *smmu_ste_find(struct smmu_unit *u, uint32_t sid, const struct walk_env *env,
				     struct smmu_fault_info *why)
{
	struct smmu_tables *t = u->tables;
	const struct smmu_ste *ste;
	uint32_t slot;

	t->recent.valid = false;
	if ((uint64_t)sid >> u->sid_lg2) {
		why->event = SMMU_C_BAD_STREAMID;
		return NULL;
	}
	slot = cache_off(&t->streams) ? CACHE_NONE : find(u, smmu_ste_index(sid), env);
	if (slot != CACHE_NONE) {
		ste = &t->stream[slot].ste;
	} else {
		ste = read_ste(u, sid, env, why);
		if (!ste)
			return NULL;
		slot = fill(t, smmu_ste_index(sid));
		if (slot != CACHE_NONE)
			t->stream[slot].ste = *ste;
	}
	if (ste->illegal) {
		why->event = SMMU_C_BAD_STE;
		return NULL;
	}
	return ste;
}
