/* SPDX-License-Identifier: Apache-2.0 */
/* From an STE and a SubstreamID to a context descriptor (3.3.3, 5.3, 5.4). */
#include "smmuv3/context.h"

#include "smmuv3/stream.h"
#include "smmuv3/tlb.h"
#include "smmuv3/translate.h"

#include <string.h>

/* ---- CD (5.4.2) ---------------------------------------------------------------------------- */

/* CDTxSZInvalid, without DS. */
static bool txsz_invalid(const struct smmu_features *f, unsigned granule, unsigned txsz)
{
	unsigned least = granule == SMMU_64K_LG2 && f->vax ? 12 : 16;
	unsigned most = 39;

	if (f->stt)
		most = granule == SMMU_64K_LG2 ? 47 : 48;
	return txsz < least || txsz > most;
}

/* D8.2: the first level is the lowest that resolves all of the input. */
static unsigned first_level(unsigned granule, unsigned input)
{
	unsigned level = 0;

	while (smmu_shift(granule, level + 1) < input)
		level++;
	return level;
}

/* TG of TTB0 and of TTB1; 0: reserved. */
static unsigned tg_granule(unsigned half, uint64_t tg)
{
	static const uint8_t granule[2][4] = {
		{SMMU_4K_LG2, SMMU_64K_LG2, SMMU_16K_LG2, 0},
		{0, SMMU_16K_LG2, SMMU_4K_LG2, SMMU_64K_LG2},
	};

	return granule[half][tg & 3];
}

/* The fields of one half, which is enabled; false: ILLEGAL. */
static bool decode_half(const struct smmu_features *f, const uint64_t *words, unsigned number,
			struct smmu_half *half)
{
	uint64_t ttb = words[1 + number];
	unsigned txsz = (unsigned)(number ? field_get(SMMU_CD_0_T1SZ, words[0])
					  : field_get(SMMU_CD_0_T0SZ, words[0]));
	uint64_t tg =
		number ? field_get(SMMU_CD_0_TG1, words[0]) : field_get(SMMU_CD_0_TG0, words[0]);
	unsigned granule = tg_granule(number, tg);
	unsigned output = smmu_output_bits(f, field_get(SMMU_CD_0_IPS, words[0]));
	uint64_t root = field_bits(SMMU_CD_TTB_TTB, ttb);

	if (txsz_invalid(f, granule, txsz) || !smmu_granule_supported(f, granule) || root >> output)
		return false;
	half->had = f->had && field_get(SMMU_CD_TTB_HAD, ttb);
	half->e0pd = f->e0pd && field_get(SMMU_CD_TTB_E0PD, ttb);
	half->tree.granule = (uint8_t)granule;
	half->tree.input = (uint8_t)(64 - txsz);
	smmu_tree_shape(&half->tree, root, first_level(granule, half->tree.input), output);
	return true;
}

/* 5.4.2: hardware updates that the unit does not know; applied to both halves. */
static bool decode_updates(const struct smmu_features *f, const uint64_t *words, struct smmu_cd *cd)
{
	bool ha = field_get(SMMU_CD_0_HA, words[0]), hd = field_get(SMMU_CD_0_HD, words[0]);
	bool haft = f->httu == 3 && field_get(SMMU_CD_1_HAFT, words[1]);

	if (((ha || hd) && f->httu == 0) || (hd && f->httu == 1) || (haft && !ha))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		cd->half[i].tree.ha = ha;
		cd->half[i].tree.hd = ha && hd;
		cd->half[i].tree.haft = haft;
		cd->half[i].tree.affd = field_get(SMMU_CD_0_AFFD, words[0]);
	}
	return true;
}

/* What these restrictions leave to a request in a regime with two privileges (D8.4.1).
 * PAN is about data. What the unprivileged may write no privileged code executes. */
static uint8_t access_by_privilege(bool privileged, bool wxn, bool pan, unsigned restrictions)
{
	bool user = !(restrictions & SMMU_NO_USER);
	bool read = privileged || user;
	bool write = read && !(restrictions & SMMU_NO_WRITE);
	bool execute = !(wxn && write);

	if (privileged)
		execute &= !(restrictions & SMMU_NO_PRIVILEGED_EXECUTE) &&
			   !(user && !(restrictions & SMMU_NO_WRITE));
	else
		execute &= !(restrictions & SMMU_NO_USER_EXECUTE);
	if (privileged && pan && user)
		read = write = false;
	return (uint8_t)((read ? IOASIM_READ : 0) | (write ? IOASIM_WRITE : 0) |
			 (execute ? IOASIM_EXEC : 0));
}

/* The same in EL2's regime, where nobody is unprivileged and XN is where UXN is. */
static uint8_t access_of_el2(bool wxn, unsigned restrictions)
{
	bool write = !(restrictions & SMMU_NO_WRITE);
	bool execute = !(restrictions & SMMU_NO_USER_EXECUTE) && !(wxn && write);

	return (uint8_t)(IOASIM_READ | (write ? IOASIM_WRITE : 0) | (execute ? IOASIM_EXEC : 0));
}

void smmu_accesses_init(struct smmu_accesses *accesses)
{
	for (unsigned n = 0; n < 8 * 2 * SMMU_RESTRICTIONS; n++) {
		unsigned restrictions = n % SMMU_RESTRICTIONS;
		bool privileged = n & 16, wxn = n & 32, pan = n & 64, el2 = n & 128;

		accesses->of[el2][wxn][pan].left[privileged][restrictions] =
			el2 ? access_of_el2(wxn, restrictions)
			    : access_by_privilege(privileged, wxn, pan, restrictions);
	}
}

/* S, A against the stall and termination models, and S1STALLD. */
static bool decode_faults(const struct smmu_features *f, const struct smmu_ste *ste,
			  const uint64_t *words, struct smmu_cd *cd)
{
	cd->s = field_get(SMMU_CD_0_S, words[0]);
	cd->r = field_get(SMMU_CD_0_R, words[0]);
	cd->a = field_get(SMMU_CD_0_A, words[0]);
	return !(ste->s1stalld && cd->s) && !(f->term_model && !cd->a) &&
	       !(f->stall_model == 1 && cd->s) && !(f->stall_model == 2 && !cd->s);
}

/* CdIllegal(), non-secure, in its order, taking the fields along. */
static bool decode_legal(const struct smmu_unit *u, const struct smmu_ste *ste,
			 const uint64_t *words, struct smmu_cd *cd)
{
	const struct smmu_features *f = &u->features;
	bool el2 = ste->world == SMMU_EL2;

	if (!field_get(SMMU_CD_0_V, words[0]) || !decode_faults(f, ste, words, cd))
		return false;
	/* 5.4 EPD0, 5.4.1: EL2 has TTB0, and nothing else. */
	cd->half[0].enabled = el2 || !field_get(SMMU_CD_0_EPD0, words[0]);
	cd->half[1].enabled = !el2 && !field_get(SMMU_CD_0_EPD1, words[0]);
	if ((cd->half[0].enabled || cd->half[1].enabled) && field_get(SMMU_CD_0_ENDI, words[0]))
		return false;
	if (!field_get(SMMU_CD_0_AA64, words[0]) || !decode_updates(f, words, cd))
		return false;
	cd->global = !el2;
	cd->asid = el2 ? 0 : (uint16_t)field_get(SMMU_CD_0_ASID, words[0]);
	cd->aset = field_get(SMMU_CD_0_ASET, words[0]);
	if (!f->asid16 && field_get(SMMU_ID_HIGH, cd->asid))
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (cd->half[i].enabled && !decode_half(f, words, i, &cd->half[i]))
			return false;
	cd->half[0].tbi = field_get(SMMU_CD_0_TBI0, words[0]);
	cd->half[1].tbi = !el2 && field_get(SMMU_CD_0_TBI1, words[0]);
	if (el2)
		cd->half[0].e0pd = false;
	cd->access = &u->tables->accesses.of[el2][field_get(SMMU_CD_0_WXN, words[0])]
					    [field_get(SMMU_CD_0_PAN, words[0])];
	return true;
}

static void decode(const struct smmu_unit *u, const struct smmu_ste *ste, struct smmu_decoded_cd *d)
{
	d->world = ste->world;
	d->s1stalld = ste->s1stalld;
	d->cd = (struct smmu_cd){0};
	d->cd.illegal = !decode_legal(u, ste, d->words, &d->cd);
}

/* ---- Reading through stage 2 ------------------------------------------------------------- */

/* One look-up under way. */
struct search {
	struct smmu_unit *u;
	const struct walk_env *env;
	const struct smmu_ste *ste;
	const struct smmu_asker *asker;
	struct smmu_fault_info *why;
};

static bool unreadable(const struct search *s)
{
	s->why->event = SMMU_F_CD_FETCH;
	return false;
}

static bool place_second(const struct search *s, uint64_t address, uint64_t *pa)
{
	struct smmu_paging p = smmu_paging(s->u, s->ste);
	struct walk_other other = {.input = address};
	enum walk_stop stop =
		smmu_walk_table(&p, s->env, IOASIM_REF_STAGE2_FOR_PASID_TABLE, false, &other, pa);

	if (stop != WALK_DONE)
		smmu_second_stopped(stop, SMMU_CLASS_CD, &other, s->why);
	return stop == WALK_DONE;
}

/* Where an L1CD or a CD can be read: its address is an IPA where there is a stage 2.
 * false: `why` tells. */
static inline bool place(const struct search *s, uint64_t address, uint64_t *pa)
{
	*pa = address;
	if (s->ste->stage2 && !place_second(s, address, pa))
		return false;
	s->why->fetch_address = *pa;
	return !(*pa >> s->u->features.oas) || unreadable(s);
}

/* ---- Through the cache ------------------------------------------------------------------- */

static uint32_t find(const struct search *s, uint64_t index)
{
	struct smmu_tables *t = s->u->tables;
	uint32_t slot;

	if (cache_off(&t->contexts))
		return CACHE_NONE;
	slot = cache_find(&t->contexts, index, 0, 0);
	counters_lookup(t->counters, s->env->cost, IOASIM_CACHE_PASID, slot != CACHE_NONE);
	if (slot != CACHE_NONE)
		cache_touch(&t->contexts, slot);
	return slot;
}

static uint32_t fill(const struct search *s, uint64_t index)
{
	struct cache *cache = &s->u->tables->contexts;

	if (cache_off(cache))
		return CACHE_NONE;
	return cache_fill(cache, index, 0, 0, smmu_context_group(s->asker->sid));
}

static unsigned leaf_lg2(const struct smmu_ste *ste)
{
	switch (ste->s1fmt) {
	case SMMU_S1FMT_4K:
		return SMMU_L1CD_4K_LG2;
	case SMMU_S1FMT_64K:
		return SMMU_L1CD_64K_LG2;
	default:
		return 0;
	}
}

static bool find_l1cd(const struct search *s, struct smmu_l1cd *l1cd)
{
	struct smmu_tables *t = s->u->tables;
	unsigned lg2 = leaf_lg2(s->ste);
	uint32_t ssid = s->asker->ssid;
	uint64_t index = smmu_l1cd_index(s->asker->sid, ssid, lg2);
	uint32_t slot = find(s, index);
	struct walk_reference what = {
		.input = ssid,
		.kind = IOASIM_REF_PASID_TABLE,
		.level = 1,
		.address = s->ste->context + (uint64_t)(ssid >> lg2) * SMMU_L1CD_SIZE,
		.words = 1,
		.high = smmu_top_bit(s->ste->s1cdmax, lg2),
		.low = (uint8_t)lg2,
	};
	uint64_t word;

	if (slot != CACHE_NONE) {
		*l1cd = t->context[slot].l1cd;
		return true;
	}
	if (!place(s, what.address, &what.pa))
		return false;
	if (!walk_read_words(s->env, &what, &word))
		return unreadable(s);
	l1cd->table = field_bits(SMMU_L1CD_L2PTR, word);
	l1cd->bad = !field_get(SMMU_L1CD_V, word) ||
		    l1cd->table >> (s->ste->stage2 ? s->u->features.ias : s->u->features.oas);
	slot = fill(s, index);
	if (slot != CACHE_NONE)
		t->context[slot].l1cd = *l1cd;
	return true;
}

/* Address of the CD; false: `why` tells. */
static bool locate(const struct search *s, uint64_t *address)
{
	struct smmu_l1cd l1cd;
	uint32_t index = s->asker->ssid;

	if (s->ste->s1fmt == SMMU_S1FMT_LINEAR) {
		*address = s->ste->context + (uint64_t)index * SMMU_CD_SIZE;
		return true;
	}
	if (!find_l1cd(s, &l1cd))
		return false;
	if (l1cd.bad) {
		s->why->event = SMMU_C_BAD_SUBSTREAMID;
		return false;
	}
	index &= (1u << leaf_lg2(s->ste)) - 1;
	*address = l1cd.table + (uint64_t)index * SMMU_CD_SIZE;
	return true;
}

/* NULL: `why` tells. */
static const struct smmu_cd *read_cd(const struct search *s)
{
	uint64_t words[SMMU_CD_WORDS], address;
	struct smmu_decoded_cd *d;
	enum walk_known known;
	struct walk_reference what = {
		.input = s->asker->ssid,
		.kind = IOASIM_REF_PASID_TABLE,
		.words = SMMU_CD_WORDS,
		.high = smmu_top_bit(leaf_lg2(s->ste) ? leaf_lg2(s->ste) : s->ste->s1cdmax, 0),
	};

	if (!locate(s, &address) || !place(s, address, &what.pa))
		return NULL;
	what.address = address;
	d = &s->u->tables->decoded_cd[what.pa / SMMU_CD_SIZE % SMMU_DECODED];
	known = walk_read_known(s->env, &what, d->words, SMMU_CD_DECODED, words);
	if (known == WALK_UNREADABLE) {
		unreadable(s);
		return NULL;
	}
	if (known == WALK_CHANGED)
		memcpy(d->words, words, sizeof(d->words));
	if (known == WALK_CHANGED || d->world != s->ste->world || d->s1stalld != s->ste->s1stalld)
		decode(s->u, s->ste, d);
	return &d->cd;
}

const struct smmu_cd *smmu_cd_find(struct smmu_unit *u, const struct smmu_ste *ste,
				   const struct smmu_asker *asker, const struct walk_env *env,
				   struct smmu_fault_info *why)
{
	const struct search s = {.u = u, .env = env, .ste = ste, .asker = asker, .why = why};
	uint64_t index = smmu_cd_index(asker->sid, asker->ssid);
	uint32_t slot = cache_off(&u->tables->contexts) ? CACHE_NONE : find(&s, index);
	const struct smmu_cd *cd;

	if (slot != CACHE_NONE) {
		cd = &u->tables->context[slot].cd;
	} else {
		cd = read_cd(&s);
		if (!cd)
			return NULL;
		slot = fill(&s, index);
		if (slot != CACHE_NONE)
			u->tables->context[slot].cd = *cd;
	}
	if (cd->illegal) {
		why->event = SMMU_C_BAD_CD;
		return NULL;
	}
	return cd;
}
