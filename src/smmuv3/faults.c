/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events (7.2 to 7.4): the record of each, the event queue, and how a transaction ends.
 *
 * Events are not merged (7.3.1 allows it), and an abort on the write of a record is
 * synchronous (7.2.2). The conflicts, E_PAGE_REQUEST and F_VMS_FETCH have names and are
 * never raised; F_UUT is for requests of no kind that there is.
 */
#include "smmuv3/faults.h"

#include "smmuv3/registers.h"
#include "smmuv3/rings.h"
#include "smmuv3/stall.h"

static const char *const names[] = {
	[SMMU_F_UUT] = "F_UUT",
	[SMMU_C_BAD_STREAMID] = "C_BAD_STREAMID",
	[SMMU_F_STE_FETCH] = "F_STE_FETCH",
	[SMMU_C_BAD_STE] = "C_BAD_STE",
	[SMMU_F_BAD_ATS_TREQ] = "F_BAD_ATS_TREQ",
	[SMMU_F_STREAM_DISABLED] = "F_STREAM_DISABLED",
	[SMMU_F_TRANSL_FORBIDDEN] = "F_TRANSL_FORBIDDEN",
	[SMMU_C_BAD_SUBSTREAMID] = "C_BAD_SUBSTREAMID",
	[SMMU_F_CD_FETCH] = "F_CD_FETCH",
	[SMMU_C_BAD_CD] = "C_BAD_CD",
	[SMMU_F_WALK_EABT] = "F_WALK_EABT",
	[SMMU_F_TRANSLATION] = "F_TRANSLATION",
	[SMMU_F_ADDR_SIZE] = "F_ADDR_SIZE",
	[SMMU_F_ACCESS] = "F_ACCESS",
	[SMMU_F_PERMISSION] = "F_PERMISSION",
	[SMMU_F_TLB_CONFLICT] = "F_TLB_CONFLICT",
	[SMMU_F_CFG_CONFLICT] = "F_CFG_CONFLICT",
	[SMMU_E_PAGE_REQUEST] = "E_PAGE_REQUEST",
	[SMMU_F_VMS_FETCH] = "F_VMS_FETCH",
};

const char *smmu_fault_name(uint32_t code)
{
	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

/* ---- Records ------------------------------------------------------------------------- */

/* Groups of fields that records have or have not (7.3.2 to 7.3.18). */
enum fields {
	HAS_SSV = 1, /* SSV and, if it is 1, SubstreamID */
	HAS_SSID = 2, /* SubstreamID without SSV */
	HAS_REASON = 4,
	HAS_RNW = 8,
	HAS_ACCESS = 16, /* PnU, InD, RnW */
	HAS_STAGE = 32, /* S2, CLASS and InputAddr */
	HAS_INPUT = 64,
	HAS_FETCH = 128,
	HAS_STALL = 256, /* Stall and STAG; IPA with S2 */
	HAS_TTRNW = 512,
};

static const uint16_t fields[] = {
	[SMMU_F_UUT] = HAS_SSV | HAS_REASON | HAS_ACCESS | HAS_INPUT,
	[SMMU_C_BAD_STREAMID] = HAS_SSV,
	[SMMU_F_STE_FETCH] = HAS_SSV | HAS_REASON | HAS_FETCH,
	[SMMU_C_BAD_STE] = HAS_SSV,
	[SMMU_F_BAD_ATS_TREQ] = HAS_SSV | HAS_INPUT,
	[SMMU_F_STREAM_DISABLED] = 0,
	[SMMU_F_TRANSL_FORBIDDEN] = HAS_RNW | HAS_INPUT,
	[SMMU_C_BAD_SUBSTREAMID] = HAS_SSID,
	[SMMU_F_CD_FETCH] = HAS_SSV | HAS_REASON | HAS_FETCH,
	[SMMU_C_BAD_CD] = HAS_SSV,
	[SMMU_F_WALK_EABT] = HAS_SSV | HAS_REASON | HAS_ACCESS | HAS_STAGE | HAS_FETCH,
	[SMMU_F_TRANSLATION] = HAS_SSV | HAS_ACCESS | HAS_STAGE | HAS_STALL,
	[SMMU_F_ADDR_SIZE] = HAS_SSV | HAS_ACCESS | HAS_STAGE | HAS_STALL,
	[SMMU_F_ACCESS] = HAS_SSV | HAS_ACCESS | HAS_STAGE | HAS_STALL,
	[SMMU_F_PERMISSION] = HAS_SSV | HAS_ACCESS | HAS_STAGE | HAS_STALL | HAS_TTRNW,
};

static unsigned fields_of(unsigned event)
{
	return event < sizeof(fields) / sizeof(fields[0]) ? fields[event] : 0;
}

static uint64_t requester_fields(const struct smmu_fault_info *info, unsigned has)
{
	uint64_t word = field_prep(SMMU_EVENT_0_NUMBER, info->event) |
			field_prep(SMMU_EVENT_0_SID, info->sid);

	if ((has & HAS_SSV) && info->ssv)
		word |= field_prep(SMMU_EVENT_0_SSV, 1) | field_prep(SMMU_EVENT_0_SSID, info->ssid);
	if (has & HAS_SSID)
		word |= field_prep(SMMU_EVENT_0_SSID, info->ssid);
	return word;
}

static uint64_t syndrome_fields(const struct smmu_fault_info *info, unsigned has)
{
	uint64_t word = 0;

	if (has & HAS_REASON)
		word |= field_prep(SMMU_EVENT_1_REASON, info->reason);
	if (has & (HAS_ACCESS | HAS_RNW))
		word |= field_prep(SMMU_EVENT_1_RNW, info->read);
	if (has & HAS_ACCESS)
		word |= field_prep(SMMU_EVENT_1_PNU, info->privileged) |
			field_prep(SMMU_EVENT_1_IND, info->instruction);
	if (has & HAS_STAGE)
		word |= field_prep(SMMU_EVENT_1_S2, info->s2) |
			field_prep(SMMU_EVENT_1_CLASS, info->class);
	if (has & HAS_TTRNW)
		word |= field_prep(SMMU_EVENT_1_TTRNW, info->ttrnw);
	return word;
}

/* `tag` SMMU_STALL_NO_TAG: it does not stall. */
static void record_fill(const struct smmu_fault_info *info, uint32_t tag,
			uint64_t record[SMMU_EVENT_WORDS])
{
	unsigned has = fields_of(info->event);

	record[0] = requester_fields(info, has);
	record[1] = syndrome_fields(info, has);
	record[2] = has & (HAS_STAGE | HAS_INPUT) ? info->input : 0;
	record[3] = has & HAS_FETCH ? field_bits(SMMU_EVENT_3_FETCHADDR, info->fetch_address) : 0;
	if (!(has & HAS_STALL))
		return;
	/* 7.3.13: the IPA of a stage 1 fault is unknown: 0. */
	if (info->s2)
		record[3] = field_bits(SMMU_EVENT_3_IPA, info->ipa);
	if (tag != SMMU_STALL_NO_TAG)
		record[1] |= field_prep(SMMU_EVENT_1_STALL, 1) | field_prep(SMMU_EVENT_1_STAG, tag);
}

/* ---- The event queue --------------------------------------------------------------------- */

#define ABORTED ((uint32_t)FIELD_MASK(SMMU_GERROR_EVENTQ_ABT_ERR))

static bool delivering(const struct smmu_unit *u)
{
	return field_get(SMMU_CR0_EVENTQEN, smmu_reg32(u, SMMU_CR0ACK)) &&
	       !smmu_gerror_active(u, ABORTED);
}

static bool queue_full(const struct smmu_unit *u)
{
	struct smmu_ring ring = smmu_ring_get(u, SMMU_EVENTQ);

	return smmu_ring_full(&ring);
}

bool smmu_event_queue_writable(const struct smmu_unit *u)
{
	return delivering(u) && !queue_full(u);
}

bool smmu_event_store(struct smmu_unit *u, const uint64_t *record)
{
	struct smmu_ring ring = smmu_ring_get(u, SMMU_EVENTQ);

	if (!smmu_ring_append(u, SMMU_EVENTQ, record)) {
		smmu_gerror(u, ABORTED);
		return false;
	}
	if (ring_wrap_empty(ring.consumer, ring.producer, ring.lg2))
		smmu_interrupt(u, SMMU_IRQ_EVENTQ);
	return true;
}

/* 7.4: told once until it is acknowledged: the flags differ. */
static void queue_overflow(struct smmu_unit *u)
{
	uint64_t producer = smmu_reg32(u, SMMU_EVENTQ_PROD);

	field_set(&producer, SMMU_EVENTQ_PROD_OVFLG,
		  !field_get(SMMU_EVENTQ_CONS_OVACKFLG, smmu_reg32(u, SMMU_EVENTQ_CONS)));
	smmu_reg32_set(u, SMMU_EVENTQ_PROD, (uint32_t)producer);
}

/* The event of a transaction that has ended: false, it is lost. */
static bool record_write(struct smmu_unit *u, const uint64_t *record)
{
	if (!delivering(u))
		return false;
	if (queue_full(u)) {
		queue_overflow(u);
		return false;
	}
	return smmu_event_store(u, record);
}

/* The event of one that stalls: false, it waits, or was lost to an abort. Records that
 * wait are stored as soon as the queue can be written, so that none is overtaken. */
static bool stall_write(struct smmu_unit *u, uint32_t tag, const uint64_t *record)
{
	if (smmu_event_queue_writable(u))
		return smmu_event_store(u, record);
	smmu_stall_keep_record(u, tag, record);
	return false;
}

/* ---- Faults ---------------------------------------------------------------------------------- */

/* How the transaction ends. One that cannot wait any more is aborted (3.12: an
 * implementation may treat stalling configurations so), with a record that says so. */
static uint32_t end(struct smmu_unit *u, const struct smmu_fault_info *info,
		    const struct ioasim_request *request, struct ioasim_response *response)
{
	uint32_t tag = SMMU_STALL_NO_TAG;

	response->outcome = IOASIM_FAULT;
	if (info->end == SMMU_END_RAZ_WI)
		response->outcome = IOASIM_RAZ_WI;
	if (info->end == SMMU_END_STALL)
		tag = smmu_stall_add(u, request);
	if (tag == SMMU_STALL_NO_TAG)
		return tag;
	response->outcome = IOASIM_STALLED;
	response->tag = (uint16_t)tag;
	return tag;
}

void smmu_fault(struct smmu_unit *u, const struct smmu_fault_info *info,
		const struct ioasim_request *request, struct ioasim_response *response)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	struct ioasim_fault *fault = &response->fault;
	uint32_t tag = end(u, info, request, response);

	*fault = (struct ioasim_fault){.code = info->event, .cause = info->cause};
	if (info->event == SMMU_EVENT_NONE)
		return;
	fault->words = SMMU_EVENT_WORDS;
	record_fill(info, tag, fault->record);
	if (tag != SMMU_STALL_NO_TAG)
		fault->recorded = stall_write(u, tag, fault->record);
	else if (info->record)
		fault->recorded = record_write(u, fault->record);
	u->unit.counters.faults[info->event]++;
	u->unit.counters.faults_recorded += fault->recorded;
	if (config->callbacks.fault)
		config->callbacks.fault(config->opaque, info->sid, fault);
}
