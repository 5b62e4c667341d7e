/* SPDX-License-Identifier: Apache-2.0 */
#include "smmu_streams.h"

uint64_t stream_frame(uint32_t sid)
{
	return UINT64_C(0x600000000000) + sid * BIT(30);
}

static void add_first(struct stab *t, struct stream *s, uint64_t guest)
{
	uint64_t cd[4] = {CD_PLAIN | CD_ASID(s->asid) | s->cd0};

	s->cd = stab_take(t, 64);
	stab_tree(t, &s->s1, 12, 48);
	s->s1.guest = guest;
	cd[1] = s->s1.root + guest;
	stab_cd(t, s->cd, cd);
	s->leaf = stab_map(t, &s->s1, STAB_IOVA + s->offset, 0,
			   (guest ? STAB_IPA : s->frame) | (s->global ? S1_ALL & ~S1_NG : S1_ALL));
}

void stream_add(struct stab *t, struct stream *s)
{
	uint64_t words[4] = {STE_CONFIG(s->config), s->ste1, s->vmid, 0};
	uint64_t guest = s->config == STAB_NESTED ? STAB_GUEST : 0;

	s->frame = stream_frame(s->sid);
	if (s->config != STAB_S2)
		add_first(t, s, guest);
	if (s->config != STAB_S1) {
		uint64_t made = t->next;

		stab_tree(t, &s->s2, 12, 48);
		words[2] |= stab_s2_word() & ~UINT64_C(0xffff);
		words[3] = s->s2.root;
		for (uint64_t page = UINT64_C(0x200000); guest && page < made; page += 4096)
			stab_map(t, &s->s2, page + guest, 0, page | S2_ALL);
		stab_map(t, &s->s2, guest ? STAB_IPA : STAB_IOVA, 0, s->frame | S2_ALL);
	}
	words[0] |= s->config == STAB_S2 ? 0 : s->cd + guest;
	stab_ste(t, s->sid, words);
}

struct ioasim_response stream_read(struct stab *t, uint32_t sid, uint64_t address)
{
	struct ioasim_request request = stab_request(address, IOASIM_READ);

	request.requester_id = sid;
	return stab_ask(t, &request);
}

bool stream_hit(const struct ioasim_response *r, enum ioasim_cache cache)
{
	return r->cost.hits & 1u << cache;
}
