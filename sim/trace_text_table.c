/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_text.h"

#define FIELD_OF(name, form, member, optional)                               \
	{                                                                    \
		name, form, offsetof(struct trace_record, member),           \
			sizeof(((struct trace_record *)0)->member), optional \
	}
#define NEEDS(name, form, member) FIELD_OF(name, form, member, false)
#define MAY(name, form, member)   FIELD_OF(name, form, member, true)

#define RID       NEEDS("rid", TEXT_RID, rid)
#define PASID     MAY("pasid", TEXT_DECIMAL, pasid)
#define ON_DOMAIN NEEDS("domain", TEXT_DECIMAL, domain)
#define IOVA      NEEDS("iova", TEXT_HEX, address)
#define LENGTH    NEEDS("length", TEXT_LENGTH, length)
#define ACCESS    NEEDS("access", TEXT_RIGHTS, access)
#define VALUE     NEEDS("value", TEXT_HEX, value)
#define BYTES     NEEDS("size", TEXT_DECIMAL, size)
#define ANSWER                                                           \
	MAY("pa", TEXT_HEX, value), MAY("page_lg2", TEXT_DECIMAL, size), \
		MAY("granted", TEXT_RIGHTS, granted)

#define ANSWER_FLAGS                                                                          \
	(TRACE_PASID | TRACE_PRIVILEGED | TRACE_TRANSLATED | TRACE_ANSWERED | TRACE_REFUSED | \
	 TRACE_CACHED | TRACE_STALE | TRACE_NO_PERM)

/* clang-format off */
static const struct text_kind kinds[TRACE_KINDS] = {
	[TRACE_REGISTER] = { "reg", 0, { NEEDS("offset", TEXT_HEX, address), BYTES, VALUE } },
	[TRACE_MEMORY] = { "mem", 0, { NEEDS("address", TEXT_HEX, address), VALUE } },
	[TRACE_COMMAND] = { "cmd", 0, { NEEDS("words", TEXT_WORDS, words) } },
	[TRACE_STORE] = { "store", 0, { NEEDS("address", TEXT_HEX, address), BYTES, VALUE } },
	[TRACE_FAULT] = { "fault", 0, { RID, NEEDS("code", TEXT_HEX, value) } },
	[TRACE_ABORT] = { "abort", 0, { NEEDS("first", TEXT_HEX, address),
					NEEDS("last", TEXT_HEX, value) } },
	[TRACE_DMA] = { "dma", ANSWER_FLAGS, { RID, PASID, IOVA, LENGTH, ACCESS, ANSWER } },
	[TRACE_ATS] = { "ats", ANSWER_FLAGS, { RID, PASID, IOVA, LENGTH, ACCESS, ANSWER } },
	[TRACE_PAGE_REQUEST] = { "page_request", TRACE_PASID | TRACE_PRIVILEGED | TRACE_LAST,
		{ RID, PASID, IOVA, ACCESS, NEEDS("group", TEXT_DECIMAL, value) } },
	[TRACE_DOMAIN] = { "domain", 0, { ON_DOMAIN, NEEDS("kind", TEXT_DOMAIN, size),
					  MAY("parent", TEXT_DECIMAL, rid) } },
	[TRACE_DOMAIN_FREE] = { "domain_free", 0, { ON_DOMAIN } },
	[TRACE_DEVICE] = { "device", TRACE_ATS_ON | TRACE_PRI_ON,
		{ RID, MAY("pasid_bits", TEXT_DECIMAL, size) } },
	[TRACE_ATTACH] = { "attach", TRACE_PASID, { RID, PASID, ON_DOMAIN } },
	[TRACE_DETACH] = { "detach", TRACE_PASID, { RID, PASID } },
	[TRACE_MAP] = { "map", 0, { ON_DOMAIN, IOVA, LENGTH, NEEDS("pa", TEXT_HEX, value),
				    ACCESS } },
	[TRACE_UNMAP] = { "unmap", 0, { ON_DOMAIN, IOVA, LENGTH } },
	[TRACE_BIND] = { "bind", 0, { ON_DOMAIN, NEEDS("root", TEXT_HEX, value),
				      MAY("data", TEXT_WORDS, words) } },
	[TRACE_UNBIND] = { "unbind", 0, { ON_DOMAIN } },
	[TRACE_INVALIDATE] = { "invalidate", TRACE_PASID | TRACE_LEAF,
		{ ON_DOMAIN, PASID, IOVA, LENGTH } },
	[TRACE_PAGE_RESPONSE] = { "page_response", TRACE_PASID,
		{ RID, PASID, NEEDS("group", TEXT_DECIMAL, value),
		  NEEDS("code", TEXT_DECIMAL, size) } },
	[TRACE_SYNC] = { "sync", 0, { { 0 } } },
};
/* clang-format on */

static const struct text_flag flags[] = {
	{"privileged", TRACE_PRIVILEGED},
	{"translated", TRACE_TRANSLATED},
	{"refused", TRACE_REFUSED | TRACE_ANSWERED},
	{"last", TRACE_LAST},
	{"leaf", TRACE_LEAF},
	{"ats", TRACE_ATS_ON},
	{"pri", TRACE_PRI_ON},
	{"cached", TRACE_CACHED},
	{"stale", TRACE_STALE},
	{"no_perm", TRACE_NO_PERM},
	{NULL, 0},
};

static const char *const domains[] = {
	"kernel", "nest_parent", "identity", "blocked", "nested", "nested_pasid", "sva",
};

const struct text_kind *trace_text_kind(unsigned kind)
{
	return kind < TRACE_KINDS ? &kinds[kind] : &kinds[0];
}

const struct text_flag *trace_text_flags(void)
{
	return flags;
}

const char *trace_text_domain(unsigned kind)
{
	return kind < sizeof(domains) / sizeof(domains[0]) ? domains[kind] : NULL;
}
