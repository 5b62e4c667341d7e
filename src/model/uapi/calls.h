/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of calls: what the dispatcher executes, `ioasim uapi` prints and
 * docs/uapi.md is made from.
 *
 * A call's checks are done in the order of its table, and the first that does not hold
 * gives the errno (G4). A check finds the objects that later checks and the call's work
 * use, in struct call. Checks change nothing (G5).
 */
#ifndef MODEL_UAPI_CALLS_H
#define MODEL_UAPI_CALLS_H

#include "model/uapi/objects.h"

/* A call under way: who makes it, on what, with which arguments, and what its checks
 * have found so far. */
struct call {
	struct ioasim_system *system;
	struct process *process; /* the caller */
	const struct call_entry *entry;
	union { /* what was called */
		struct container *container;
		struct device *device;
		struct kvm *kvm;
	} on;
	/* A copy of the argument; what the caller's does not have is zero. Members that
	 * are filled go back if the call succeeds. */
	union {
		struct ioasim_check_extension check_extension;
		struct ioasim_device_info device_info;
		struct ioasim_ioasid_alloc alloc;
		struct ioasim_ioasid_id id;
		struct ioasim_ioasid_info info;
		struct ioasim_map_dma map;
		struct ioasim_unmap_dma unmap;
		struct ioasim_create_nesting create_nesting;
		struct ioasim_bind_pgtable bind_pgtable;
		struct ioasim_invalidate invalidate;
		struct ioasim_fault_response response;
		struct ioasim_device_bind bind;
		struct ioasim_device_unbind unbind;
		struct ioasim_device_attach attach;
		struct ioasim_pasid_info pasid_info;
		struct ioasim_kvm_enable kvm_enable;
		struct ioasim_kvm_pasid kvm_pasid;
	} arg;

	/* Found by checks. */
	struct fd *fd; /* of a descriptor that the argument names */
	struct container *container; /* the one that IOASIDs are looked up in */
	struct ioasid *ioasid;
	struct ioasid *parent;
	struct device *device; /* by cookie */
	struct attachment *attachment;
	struct fault *fault;
};

/*
 * One check. `fails` tells whether the condition that `text` states is met; NULL: it
 * shows only while the call's work is done, which then returns this errno (G5 holds all
 * the same).
 */
struct call_check {
	const char *rule; /* "A1"; more than one are separated by blanks */
	int error; /* positive errno */
	const char *text; /* "the parent is not known in this FD" */
	bool (*fails)(struct call *call);
};

enum call_member_kind {
	MEMBER_VALUE,
	MEMBER_RESERVED, /* must be 0 */
	MEMBER_FLAGS, /* bits of `known` */
	MEMBER_ENUM, /* up to `known` */
	MEMBER_FILLED, /* by the call, with at most `known` */
	MEMBER_POINTER,
};

/* A member of an argument structure behind `size`. */
struct call_member {
	const char *name;
	uint16_t offset;
	uint8_t bytes;
	uint8_t kind; /* enum call_member_kind */
	uint64_t known;
	const char *text;
};

struct call_entry {
	uint32_t number; /* enum ioasim_call */
	const char *name; /* "IOASID_ALLOC" */
	const char *structure; /* "ioasim_ioasid_alloc" */
	const char *text;
	const char *returns; /* NULL: 0 */
	uint16_t size, minimum;
	const struct call_member *members; /* ends with name NULL */
	const struct call_check *checks; /* ends with rule NULL */
	/* Not on this machine: -ENOTTY (Q, H); NULL: everywhere. */
	bool (*offered)(const struct ioasim_system *system);
	/* Does the work; a result that is not negative, or an errno of a check without
	 * a function. */
	int (*work)(struct call *call);
};

static inline enum ioasim_fd_kind call_fd_kind(const struct call_entry *entry)
{
	return (enum ioasim_fd_kind)(entry->number >> 8);
}

/* The n-th call; NULL behind the last. */
const struct call_entry *call_table(unsigned n);

/* For the checks of several rooms. */
#define CALL_CHECKS_END             \
	{                           \
		NULL, 0, NULL, NULL \
	}

/* ---- Checks that calls share ----------------------------------------------------------- */

/* Container: of the call, or of the descriptor in the argument (sets fd, container). */
bool call_ioasid_fd_closed(struct call *call); /* EBADF: bind, attach, kvm_pasid */
bool call_ioasid_fd_other(struct call *call); /* EBADFD */
/* call->ioasid by the argument's number, in call->container, or if that is NULL in the
 * container that was called. */
bool call_ioasid_unknown(struct call *call); /* ENOENT */
bool call_ioasid_freed(struct call *call); /* EBUSY */

/* ---- Checks of each call, in the files that do its work --------------------------------- */

/* ioasid.c */
extern const struct call_check check_extension_checks[];
extern const struct call_check ioasid_alloc_checks[];
extern const struct call_check ioasid_free_checks[];
extern const struct call_check ioasid_info_checks[];
extern const struct call_check create_nesting_checks[];
extern const struct call_check bind_pgtable_checks[];
extern const struct call_check unbind_pgtable_checks[];
int check_extension_work(struct call *call);
int ioasid_alloc_work(struct call *call);
int ioasid_free_work(struct call *call);
int ioasid_info_work(struct call *call);
int create_nesting_work(struct call *call);
int bind_pgtable_work(struct call *call);
int unbind_pgtable_work(struct call *call);

/* maps.c */
extern const struct call_check map_dma_checks[];
extern const struct call_check unmap_dma_checks[];
int map_dma_work(struct call *call);
int unmap_dma_work(struct call *call);

/* device.c */
extern const struct call_check device_info_checks[];
extern const struct call_check device_bind_checks[];
extern const struct call_check device_unbind_checks[];
extern const struct call_check pasid_info_checks[];
int device_info_work(struct call *call);
int device_bind_work(struct call *call);
int device_unbind_work(struct call *call);
int pasid_info_work(struct call *call);

/* attach.c */
extern const struct call_check device_attach_checks[]; /* T1 to T12 */
extern const struct call_check device_detach_checks[]; /* T14 */
int device_attach_work(struct call *call);
int device_detach_work(struct call *call);

/* invalidate.c */
extern const struct call_check invalidate_checks[];
int invalidate_work(struct call *call);

/* faults.c */
extern const struct call_check page_response_checks[];
int page_response_work(struct call *call);

/* kvm.c */
extern const struct call_check kvm_enable_checks[];
extern const struct call_check kvm_map_checks[];
extern const struct call_check kvm_unmap_checks[];
int kvm_enable_work(struct call *call);
int kvm_map_work(struct call *call);
int kvm_unmap_work(struct call *call);
bool kvm_pasid_offered(const struct ioasim_system *system);

#endif
