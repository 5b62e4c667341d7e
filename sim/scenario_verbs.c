/* SPDX-License-Identifier: Apache-2.0 */
/* What each verb of a scenario takes, and what may be expected of it: one table. */
#include "scenario_parse.h"

#include <ioasim/hwid.h>
#include <stddef.h>

#define WORDS(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

#define MEMBER(member) .offset = offsetof(struct scn_args, member)
#define REF(name, member, of)                                             \
	{                                                                 \
		.key = name, .type = ARG_REF, .space = of, MEMBER(member) \
	}
#define NEED_REF(name, member, of)                                                        \
	{                                                                                 \
		.key = name, .type = ARG_REF, .space = of, .needed = true, MEMBER(member) \
	}
#define ARG(name, of, member)                           \
	{                                               \
		.key = name, .type = of, MEMBER(member) \
	}
#define NEED(name, of, member)                                          \
	{                                                               \
		.key = name, .type = of, .needed = true, MEMBER(member) \
	}
#define AS(of)                                                         \
	{                                                              \
		.key = "as", .type = ARG_MAKE, .space = of, MEMBER(as) \
	}
#define NEED_AS(of)                                                                    \
	{                                                                              \
		.key = "as", .type = ARG_MAKE, .space = of, .needed = true, MEMBER(as) \
	}
#define ENUM(name, member, ...)                                                            \
	{                                                                                  \
		.key = name, .type = ARG_ENUM, .words = WORDS(__VA_ARGS__), MEMBER(member) \
	}
#define NEED_ENUM(name, member, ...)                                                        \
	{                                                                                   \
		.key = name, .type = ARG_ENUM, .words = WORDS(__VA_ARGS__), .needed = true, \
		MEMBER(member)                                                              \
	}
#define NEED_CHOICE(name, member, ...)                                                        \
	{                                                                                     \
		.key = name, .type = ARG_CHOICE, .words = WORDS(__VA_ARGS__), .needed = true, \
		MEMBER(member)                                                                \
	}
#define BY ARG("by", ARG_PROCESS, process)
#define END       \
	{         \
		0 \
	}
#define ARGS(...)                \
	(const struct scn_arg[]) \
	{                        \
		__VA_ARGS__, END \
	}

#define EXPECTS(what) (1u << SCN_##what)
#define ANY_STEP      (EXPECTS(EXPECT) | EXPECTS(EVENTS) | EXPECTS(COMMANDS) | EXPECTS(ASKED))
#define ANY_DMA       (ANY_STEP | EXPECTS(REACHES) | EXPECTS(FAULT) | EXPECTS(PENDING) | EXPECTS(EITHER))

#define DEV     NEED("dev", ARG_DEVICE, device)
#define FD      NEED_REF("fd", fd, SCN_FD)
#define KVM     NEED_REF("kvm", kvm, SCN_FD)
#define IOASID  NEED_REF("ioasid", ioasid, SCN_IOASID)
#define VPASID  ARG("vpasid", ARG_PASID, vpasid)
#define ACCESS  NEED("op", ARG_ACCESS, access)
#define ADDRESS NEED("addr", ARG_NUMBER, address)

/* Words stand in the order of their enum in <ioasim/uapi.h>, but for SCN_OPEN's. */
const struct scn_verb_spec scn_verbs[SCN_VERBS] = {
	[SCN_OPEN] = {"open",
		      ARGS(NEED_CHOICE("kind", kind, "ioasid", "kvm", "iommufd", "file"),
			   ARG("size", ARG_NUMBER, size), NEED_AS(SCN_FD), BY),
		      ANY_STEP, NULL},
	[SCN_CLOSE] = {"close", ARGS(REF("fd", fd, SCN_FD), ARG("dev", ARG_DEVICE, device), BY),
		       ANY_STEP, WORDS("fd", "dev")},
	[SCN_EXIT] = {"exit", ARGS(NEED("process", ARG_PROCESS, subject)), ANY_STEP, NULL},
	[SCN_BIND] = {"bind", ARGS(DEV, FD, NEED("cookie", ARG_NUMBER, cookie), BY), ANY_STEP,
		      NULL},
	[SCN_UNBIND] = {"unbind", ARGS(DEV, BY), ANY_STEP, NULL},
	[SCN_MMIO] = {"mmio", ARGS(DEV, BY), ANY_STEP, NULL},
	[SCN_DRIVER] = {"driver", ARGS(DEV, NEED_CHOICE("action", action, "probe", "remove")),
			ANY_STEP, NULL},
	[SCN_ALLOC] = {"alloc",
		       ARGS(FD, NEED_ENUM("kind", kind, "kernel", "user", "pasid_table", "sva"),
			    REF("parent", parent, SCN_IOASID),
			    ARG("nest_parent", ARG_FLAG, nest_parent), REF("root", root, SCN_TABLE),
			    ARG("fault", ARG_FLAG, fault),
			    ENUM("snoop", snoop, "auto", "enforce", "none"), AS(SCN_IOASID), BY),
		       ANY_STEP | EXPECTS(RETURNS), NULL},
	[SCN_CREATE_NESTING] = {"create_nesting",
				ARGS(FD, NEED_REF("parent", parent, SCN_IOASID),
				     ARG("fault", ARG_FLAG, fault), AS(SCN_IOASID), BY),
				ANY_STEP | EXPECTS(RETURNS), NULL},
	[SCN_BIND_PGTABLE] = {"bind_pgtable",
			      ARGS(FD, IOASID, NEED_REF("root", root, SCN_TABLE), BY), ANY_STEP,
			      NULL},
	[SCN_UNBIND_PGTABLE] = {"unbind_pgtable", ARGS(FD, IOASID, BY), ANY_STEP, NULL},
	[SCN_FREE] = {"free", ARGS(FD, IOASID, BY), ANY_STEP, NULL},
	[SCN_MAP] = {"map",
		     ARGS(FD, IOASID, NEED("iova", ARG_NUMBER, iova),
			  NEED("vaddr", ARG_NUMBER, vaddr), NEED("size", ARG_NUMBER, size),
			  ARG("prot", ARG_PROT, prot), BY),
		     ANY_STEP, NULL},
	[SCN_UNMAP] = {"unmap",
		       ARGS(FD, IOASID, NEED("iova", ARG_NUMBER, iova),
			    NEED("size", ARG_NUMBER, size), BY),
		       ANY_STEP | EXPECTS(RETURNS), NULL},
	[SCN_ATTACH] = {"attach", ARGS(DEV, FD, IOASID, VPASID, BY), ANY_STEP, NULL},
	[SCN_DETACH] = {"detach", ARGS(DEV, FD, IOASID, VPASID, BY), ANY_STEP, NULL},
	[SCN_INVALIDATE] = {"invalidate",
			    ARGS(FD, IOASID, ENUM("scope", scope, "all", "range", "pasid"),
				 ENUM("cache", cache, "iotlb", "devtlb", "pasid"),
				 ARG("cookie", ARG_NUMBER, cookie), VPASID,
				 ARG("addr", ARG_NUMBER, address), ARG("size", ARG_NUMBER, size),
				 BY),
			    ANY_STEP, NULL},
	[SCN_RESPOND] = {"respond",
			 ARGS(FD, NEED_REF("event", event, SCN_EVENT),
			      NEED_ENUM("code", code, "success", "invalid"), BY),
			 ANY_STEP, NULL},
	[SCN_INFO] = {"info",
		      ARGS(REF("fd", fd, SCN_FD), REF("ioasid", ioasid, SCN_IOASID),
			   ARG("cookie", ARG_NUMBER, cookie), ARG("dev", ARG_DEVICE, device), BY),
		      ANY_STEP | EXPECTS(RETURNS), WORDS("ioasid", "cookie", "dev")},
	[SCN_EXTENSION] = {"extension", ARGS(FD, NEED("name", ARG_TEXT, text), BY),
			   ANY_STEP | EXPECTS(RETURNS), NULL},
	[SCN_KVM_ENABLE] = {"kvm_enable", ARGS(KVM, BY), ANY_STEP, NULL},
	[SCN_KVM_MAP] = {"kvm_map", ARGS(KVM, NEED("vpasid", ARG_PASID, vpasid), FD, IOASID, BY),
			 ANY_STEP, NULL},
	[SCN_KVM_UNMAP] = {"kvm_unmap", ARGS(KVM, NEED("vpasid", ARG_PASID, vpasid), BY), ANY_STEP,
			   NULL},
	[SCN_QUEUE] = {"queue",
		       ARGS(DEV, NEED("vpasid", ARG_PASID, vpasid),
			    ARG("queue", ARG_NUMBER, queue)),
		       ANY_STEP, NULL},
	[SCN_GUEST] = {"guest", NULL, EXPECTS(EVENTS) | EXPECTS(COMMANDS), NULL},
	[SCN_CPU] = {"cpu",
		     ARGS(NEED("process", ARG_PROCESS, subject), ARG("mmap", ARG_PAIR, mmap),
			  ARG("munmap", ARG_PAIR, munmap), REF("file", file, SCN_FD),
			  ARG("offset", ARG_NUMBER, offset)),
		     ANY_STEP, WORDS("mmap", "munmap")},
	[SCN_DMA] = {"dma",
		     ARGS(ARG("dev", ARG_DEVICE, device), ARG("rid", ARG_RID, rid), ACCESS, ADDRESS,
			  ARG("pasid", ARG_PASID, pasid), ARG("queue", ARG_NUMBER, queue),
			  ARG("priv", ARG_FLAG, priv), ARG("exec", ARG_FLAG, exec)),
		     ANY_DMA, WORDS("dev", "rid")},
	[SCN_ENQCMD] = {"enqcmd",
			ARGS(KVM, DEV, NEED("vpasid", ARG_PASID, vpasid), ACCESS, ADDRESS, BY),
			ANY_DMA, NULL},
	[SCN_RETRY] = {"retry", ARGS(NEED_REF("event", event, SCN_EVENT)), ANY_DMA, NULL},
	[SCN_CORE] = {"core", NULL, ANY_STEP, NULL},
	[SCN_IOCTL] = {"ioctl", NULL, ANY_STEP | EXPECTS(RETURNS), NULL},
	[SCN_PIN] = {"pin",
		     ARGS(DEV, NEED("iova", ARG_NUMBER, iova), NEED("size", ARG_NUMBER, size),
			  ACCESS, ARG("keep", ARG_FLAG, keep)),
		     ANY_STEP | EXPECTS(REACHES), NULL},
	[SCN_UNPIN] = {"unpin",
		       ARGS(DEV, NEED("iova", ARG_NUMBER, iova), NEED("size", ARG_NUMBER, size)),
		       ANY_STEP, NULL},
	[SCN_COPY] = {"copy",
		      ARGS(DEV, NEED("iova", ARG_NUMBER, iova), NEED("size", ARG_NUMBER, size),
			   ACCESS),
		      ANY_STEP | EXPECTS(REACHES), NULL},
	[SCN_READ] = {"read",
		      ARGS(FD, ARG("size", ARG_NUMBER, size),
			   ARG("cookies", ARG_COOKIES, streaming), BY),
		      ANY_STEP | EXPECTS(RETURNS) | EXPECTS(RECORDS), NULL},
	[SCN_WRITE] = {"write",
		       ARGS(FD, ARG("size", ARG_NUMBER, size),
			    NEED("responses", ARG_RESPONSES, streaming), BY),
		       ANY_STEP | EXPECTS(RETURNS), NULL},
	[SCN_POLL] = {"poll", ARGS(FD, BY), ANY_STEP | EXPECTS(RETURNS), NULL},
	[SCN_LIMIT] = {"limit",
		       ARGS(NEED("process", ARG_PROCESS, subject), ARG("user", ARG_NUMBER, user),
			    ARG("locked", ARG_NUMBER, locked), ARG("ipc_lock", ARG_FLAG, ipc_lock),
			    ARG("sys_resource", ARG_FLAG, sys_resource)),
		       ANY_STEP, NULL},
};

#define ANY_CORE (EXPECTS(EXPECT) | EXPECTS(NOTES) | EXPECTS(STATE) | EXPECTS(REFS))
#define RETURNS  (ANY_CORE | EXPECTS(RETURNS))
#define OP       NEED("op", ARG_TEXT, text)
#define SET      NEED_REF("set", set, SCN_SET)
#define ID       NEED_REF("id", id, SCN_ID)

const struct scn_verb_spec scn_core_ops[SCN_CORE_OPS] = {
	[SCN_CORE_SET_ALLOC] = {"set_alloc",
				ARGS(OP, ARG("token", ARG_TOKEN, token),
				     ARG("quota", ARG_NUMBER, quota),
				     NEED_ENUM("type", type, "none", "mm", "fd"), NEED_AS(SCN_SET)),
				ANY_CORE, NULL},
	[SCN_CORE_SET_FREE] = {"set_free", ARGS(OP, SET), ANY_CORE, NULL},
	[SCN_CORE_ALLOC] = {"alloc",
			    ARGS(OP, SET, NEED("min", ARG_NUMBER, min),
				 NEED("max", ARG_NUMBER, max), AS(SCN_ID)),
			    RETURNS, NULL},
	[SCN_CORE_GET] = {"get", ARGS(OP, SET, ID), ANY_CORE, NULL},
	[SCN_CORE_PUT] = {"put", ARGS(OP, SET, ID), RETURNS, NULL},
	[SCN_CORE_FREE] = {"free", ARGS(OP, SET, ID), ANY_CORE, NULL},
	[SCN_CORE_ATTACH_SPID] = {"attach_spid", ARGS(OP, ID, NEED("spid", ARG_NUMBER, spid)),
				  ANY_CORE, NULL},
	[SCN_CORE_DETACH_SPID] = {"detach_spid", ARGS(OP, ID), ANY_CORE, NULL},
	[SCN_CORE_FIND] = {"find",
			   ARGS(OP, SET, NEED("spid", ARG_NUMBER, spid), ARG("get", ARG_FLAG, get)),
			   RETURNS, NULL},
	[SCN_CORE_FREE_ALL] = {"free_all", ARGS(OP, SET), ANY_CORE, NULL},
	[SCN_CORE_NOTIFIER] =
		{"notifier",
		 ARGS(OP,
		      {.key = "name",
		       .type = ARG_MAKE,
		       .space = SCN_NOTIFIER,
		       .needed = true,
		       MEMBER(notifier)},
		      {.key = "set", .type = ARG_SET_OR_ALL, .space = SCN_SET, MEMBER(set)},
		      ARG("token", ARG_TOKEN, token),
		      NEED_CHOICE("prio", prio, "last", "device", "iommu", "cpu")),
		 ANY_CORE, WORDS("set", "token")},
	[SCN_CORE_GET_IF_OWNED] =
		{"get_if_owned",
		 ARGS(OP, ID, {.key = "caller", .type = ARG_TOKEN, .needed = true, MEMBER(caller)}),
		 ANY_CORE, NULL},
	[SCN_CORE_RESERVE] = {"reserve", ARGS(OP, NEED("n", ARG_NUMBER, n)), RETURNS, NULL},
	[SCN_CORE_CANCEL] = {"cancel", ARGS(OP, NEED("n", ARG_NUMBER, n)), RETURNS, NULL},
	[SCN_CORE_CAPACITY] = {"capacity", ARGS(OP, NEED("total", ARG_NUMBER, total)), ANY_CORE,
			       NULL},
	[SCN_CORE_ATTACH_DATA] = {"attach_data", ARGS(OP, ID), ANY_CORE, NULL},
	[SCN_CORE_DETACH_DATA] = {"detach_data", ARGS(OP, ID), ANY_CORE, NULL},
};

/* ---- Fields and words --------------------------------------------------------------------- */

const struct scn_field_spec scn_ioasid_fields[] = {
	{"kind", FIELD_WORD, WORDS("kernel", "user", "pasid_table", "sva")},
	{"parent", FIELD_IOASID, NULL},
	{"state", FIELD_WORD, WORDS("idle", "active", "free-pending")},
	{"attachments", FIELD_NUMBER, NULL},
	{NULL, 0, NULL},
};

const struct scn_field_spec scn_device_fields[] = {
	{"arch", FIELD_WORD, WORDS("vtd", "amdvi", "smmuv3")},
	{"nesting", FIELD_WORD, WORDS("sw", "hw")},
	{"page_sizes", FIELD_NUMBER, NULL},
	{"snoop", FIELD_FLAG, NULL},
	{"pasid_width", FIELD_NUMBER, NULL},
	{NULL, 0, NULL},
};

const struct scn_field_spec scn_pasid_fields[] = {
	{"pasid", FIELD_FLAG, NULL},
	{"delegated", FIELD_FLAG, NULL},
	{"cpu", FIELD_FLAG, NULL},
	{"cpu_virt", FIELD_FLAG, NULL},
	{NULL, 0, NULL},
};

const struct scn_field_spec scn_event_fields[] = {
	{"ioasid", FIELD_IOASID, NULL},    {"cookie", FIELD_NUMBER, NULL},
	{"addr", FIELD_NUMBER, NULL},      {"perm", FIELD_ACCESS, NULL},
	{"vpasid", FIELD_NUMBER, NULL},    {"last", FIELD_FLAG, NULL},
	{"recoverable", FIELD_FLAG, NULL}, {NULL, 0, NULL},
};

const struct scn_field_spec scn_poll_fields[] = {
	{"in", FIELD_FLAG, NULL},
	{"out", FIELD_FLAG, NULL},
	{NULL, 0, NULL},
};

/* As struct ioasim_iommufd_pgfault has them. */
const struct scn_field_spec scn_fault_fields[] = {
	{"flags", FIELD_NUMBER, NULL},
	{"dev_id", FIELD_OBJECT, NULL},
	{"pasid", FIELD_NUMBER, NULL},
	{"grpid", FIELD_NUMBER, NULL},
	{"perm", FIELD_NUMBER, NULL},
	{"addr", FIELD_NUMBER, NULL},
	{"length", FIELD_NUMBER, NULL},
	{"cookie", FIELD_COOKIE, NULL},
	{NULL, 0, NULL},
};

/* The header's, and of the event of an SMMUv3 behind it its number, StreamID and address. */
const struct scn_field_spec scn_vevent_fields[] = {
	{"lost", FIELD_FLAG, NULL},   {"sequence", FIELD_NUMBER, NULL},
	{"type", FIELD_NUMBER, NULL}, {"stream", FIELD_NUMBER, NULL},
	{"addr", FIELD_NUMBER, NULL}, {NULL, 0, NULL},
};

const struct scn_field_spec *scn_record_fields(const struct scenario *scenario,
					       const struct scn_step *step)
{
	const struct scn_ref *fd = &step->args.fd;

	if (fd->name == SCN_NONE)
		return NULL;
	switch ((enum scn_stream)scenario->names[fd->name].stream) {
	case SCN_STREAM_FAULTS:
		return scn_fault_fields;
	case SCN_STREAM_EVENTS:
		return scn_vevent_fields;
	case SCN_STREAM_NONE:
		break;
	}
	return NULL;
}

const struct scn_field_spec *scn_info_fields(const struct scn_step *step)
{
	if (step->verb == SCN_POLL)
		return scn_poll_fields;
	if (step->args.device != IOASIM_NO_DEVICE)
		return scn_pasid_fields;
	return step->args.ioasid.given ? scn_ioasid_fields : scn_device_fields;
}

const char *const scn_command_words[] = {
	[IOASIM_COMMAND_CFG] = "cfg",
	[IOASIM_COMMAND_PASID] = "pasid",
	[IOASIM_COMMAND_TLB] = "tlb",
	[IOASIM_COMMAND_ATC] = "atc",
	[IOASIM_COMMAND_PRQ] = "prq",
	[IOASIM_COMMAND_SYNC] = "sync",
	NULL,
};

const char *const scn_class_words[] = {
	[IOASIM_CLASS_BLOCKED] = "blocked", [IOASIM_CLASS_PASID] = "pasid",
	[IOASIM_CLASS_STAGE1] = "stage1",   [IOASIM_CLASS_STAGE2] = "stage2",
	[IOASIM_CLASS_PERMISSION] = "perm", [IOASIM_CLASS_CPU] = "cpu",
	[IOASIM_CLASS_INVALID] = "invalid", NULL,
};

const char *const scn_note_words[] = {
	[IOASIM_HWID_ALLOCATED] = "ALLOC",
	[IOASIM_HWID_FREED] = "FREE",
	[IOASIM_HWID_BOUND] = "BIND",
	[IOASIM_HWID_UNBOUND] = "UNBIND",
	NULL,
};

const char *const scn_state_words[] = {
	[IOASIM_HWID_FREE] = "free",
	[IOASIM_HWID_IDLE] = "idle",
	[IOASIM_HWID_ACTIVE] = "active",
	[IOASIM_HWID_FREE_PENDING] = "free-pending",
	NULL,
};
