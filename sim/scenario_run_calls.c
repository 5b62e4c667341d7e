/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors, and the steps of a scenario that are one call on one of them. */
#include "scenario_run.h"

#include <errno.h>
#include <ioasim/iommufd.h>

/* PASIDs of a guest's table, as a logarithm. */
#define TABLE_LG2 6

/* ---- Descriptors ----------------------------------------------------------------------- */

void scn_fd_bind(struct scn_run *run, uint32_t name, enum ioasim_fd_kind kind, int process,
		 int number)
{
	struct scn_descriptor *d = &run->fd[name];

	for (uint32_t i = 0; i < run->scenario->n_processes; i++)
		d->number[i] = -1;
	d->open = true;
	d->opener = process;
	d->number[process] = number;
	scn_bind(run, name, kind);
}

void scn_run_open(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	static const enum ioasim_fd_kind kinds[] = {
		IOASIM_FD_IOASID,
		IOASIM_FD_KVM,
		IOASIM_FD_IOMMUFD,
		[SCN_KIND_FILE] = IOASIM_FD_FILE,
	};
	enum ioasim_fd_kind kind = kinds[args->kind];
	int process = scn_caller(run, args, NULL), number;

	if (kind == IOASIM_FD_IOMMUFD)
		number = ioasim_iommufd_open(run->system, run->process[process]);
	else if (kind == IOASIM_FD_FILE)
		number = ioasim_open_file(run->system, run->process[process], args->size);
	else
		number = ioasim_open(run->system, run->process[process], kind);

	scn_result(done, number);
	if (number >= 0)
		scn_fd_bind(run, args->as, kind, process, number);
}

void scn_run_close(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	struct scn_descriptor *d;
	int only = args->process;

	if (args->device != IOASIM_NO_DEVICE)
		d = &run->device_fd[args->device];
	else if (args->fd.name != SCN_NONE)
		d = &run->fd[args->fd.name];
	else
		d = NULL;
	if (!d) {
		int process = only < 0 ? 0 : only;

		scn_result(done, ioasim_close(run->system, run->process[process],
					      scn_fd(run, &args->fd, process)));
		return;
	}
	done->error = d->open ? 0 : EBADF;
	d->open = only >= 0 && d->open;
	/* Passed on, it stays open until the last number is closed; the opener's goes first. */
	for (uint32_t i = 0; i < run->scenario->n_processes; i++) {
		int at = (int)((i + (uint32_t)d->opener) % run->scenario->n_processes);

		if (d->number[at] < 0 || (only >= 0 && only != at))
			continue;
		scn_result(done, ioasim_close(run->system, run->process[at], d->number[at]));
		d->number[at] = -1;
	}
}

/* The process's numbers are gone; what another has stays open there. */
static void forget(struct scn_run *run, struct scn_descriptor *d, int process)
{
	d->number[process] = -1;
	if (!d->open || d->opener != process)
		return;
	d->open = false;
	for (uint32_t i = 0; i < run->scenario->n_processes; i++) {
		if (d->number[i] < 0)
			continue;
		d->open = true;
		d->opener = (int)i;
	}
}

void scn_run_exit(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	scn_result(done, ioasim_process_exit(run->system, run->process[args->subject]));
	if (done->error)
		return;
	for (uint32_t i = 0; i < run->scenario->n_names; i++)
		forget(run, &run->fd[i], args->subject);
	for (uint32_t i = 0; i < run->scenario->n_devices; i++)
		forget(run, &run->device_fd[i], args->subject);
}

/* ---- Calls ------------------------------------------------------------------------------ */

/* A call being put together: on which descriptor, by whom. */
struct making {
	struct scn_run *run;
	const struct scn_args *args;
	struct scn_done *done;
	int process, fd;
};

static int call(const struct making *m, enum ioasim_call number, void *argument)
{
	int result = ioasim_ioctl(m->run->system, m->run->process[m->process], m->fd,
				  (uint32_t)number, argument);

	scn_result(m->done, result);
	return result;
}

static bool root_of(const struct making *m, uint64_t *root)
{
	const struct scn_ref *ref = &m->args->root;

	*root = ref->number;
	if (!ref->given || ref->name == SCN_NONE)
		return true;
	return scn_table_root(m->run, ref->name, root) ||
	       scn_trouble(m->done, "table '%s' is not built",
			   m->run->scenario->names[ref->name].text);
}

static void call_alloc(const struct making *m)
{
	const struct scn_args *args = m->args;
	struct ioasim_ioasid_alloc arg = {
		.size = sizeof(arg),
		.kind = args->kind,
		.snoop = args->snoop,
		.flags = (args->nest_parent ? IOASIM_IOASID_NEST_PARENT : 0) |
			 (args->fault ? IOASIM_IOASID_FAULT : 0),
		.table_lg2 = args->kind == IOASIM_IOASID_PASID_TABLE ? TABLE_LG2 : 0,
	};
	int result;

	if (!scn_number32(m->run, &args->parent, m->done, &arg.parent) || !root_of(m, &arg.root))
		return;
	result = call(m, IOASIM_IOASID_ALLOC, &arg);
	if (result > 0)
		scn_bind(m->run, args->as, (uint64_t)result);
}

static void call_create_nesting(const struct making *m)
{
	struct ioasim_create_nesting arg = {
		.size = sizeof(arg),
		.flags = m->args->fault ? IOASIM_IOASID_FAULT : 0,
	};
	int result;

	if (!scn_number32(m->run, &m->args->parent, m->done, &arg.parent))
		return;
	result = call(m, IOASIM_CREATE_NESTING, &arg);
	if (result > 0)
		scn_bind(m->run, m->args->as, (uint64_t)result);
}

static void call_bind_pgtable(const struct making *m)
{
	struct ioasim_bind_pgtable arg = {.size = sizeof(arg)};

	/* vtd has no tables of PASIDs of a guest. */
	arg.table_lg2 = m->run->arch_index ? TABLE_LG2 : 0;
	if (scn_number32(m->run, &m->args->ioasid, m->done, &arg.ioasid) && root_of(m, &arg.root))
		call(m, IOASIM_BIND_PGTABLE, &arg);
}

static void call_id(const struct making *m, enum ioasim_call number)
{
	struct ioasim_ioasid_id arg = {.size = sizeof(arg)};

	if (scn_number32(m->run, &m->args->ioasid, m->done, &arg.ioasid))
		call(m, number, &arg);
}

static void call_map(const struct making *m)
{
	struct ioasim_map_dma arg = {
		.size = sizeof(arg),
		.prot = m->args->prot,
		.iova = m->args->iova,
		.vaddr = m->args->vaddr,
		.length = m->args->size,
	};

	if (scn_number32(m->run, &m->args->ioasid, m->done, &arg.ioasid))
		call(m, IOASIM_MAP_DMA, &arg);
}

static void call_unmap(const struct making *m)
{
	struct ioasim_unmap_dma arg = {
		.size = sizeof(arg), .iova = m->args->iova, .length = m->args->size};

	if (!scn_number32(m->run, &m->args->ioasid, m->done, &arg.ioasid))
		return;
	if (call(m, IOASIM_UNMAP_DMA, &arg) >= 0)
		m->done->value = arg.unmapped;
}

static void call_invalidate(const struct making *m, const struct ytree_node *map)
{
	struct ioasim_invalidate arg = {
		.size = sizeof(arg),
		.flags = ytree_get(map, "cookie") ? IOASIM_INVALIDATE_COOKIE : 0,
		.scope = m->args->scope,
		.cache = m->args->cache,
		.vpasid = m->args->vpasid,
		.cookie = m->args->cookie,
		.address = m->args->address,
		.length = m->args->size,
	};

	if (scn_number32(m->run, &m->args->ioasid, m->done, &arg.ioasid))
		call(m, IOASIM_INVALIDATE_CACHE, &arg);
}

static void call_respond(const struct making *m)
{
	struct ioasim_fault_response arg = {.size = sizeof(arg), .code = m->args->code};

	if (scn_number32(m->run, &m->args->event, m->done, &arg.event))
		call(m, IOASIM_PAGE_RESPONSE, &arg);
}

static void call_bind(const struct making *m)
{
	struct ioasim_device_bind arg = {
		.size = sizeof(arg),
		.ioasid_fd = scn_fd(m->run, &m->args->fd, m->process),
		.cookie = m->args->cookie,
	};

	call(m, IOASIM_DEVICE_BIND, &arg);
}

static void call_attach(const struct making *m, enum ioasim_call number)
{
	struct ioasim_device_attach arg = {
		.size = sizeof(arg),
		.ioasid_fd = scn_fd(m->run, &m->args->fd, m->process),
		.vpasid = m->args->vpasid,
	};

	if (scn_number32(m->run, &m->args->ioasid, m->done, &arg.ioasid))
		call(m, number, &arg);
}

static void call_kvm(const struct making *m, enum ioasim_call number)
{
	struct ioasim_kvm_pasid arg = {.size = sizeof(arg), .vpasid = m->args->vpasid};

	if (number == IOASIM_KVM_MAP_PASID)
		arg.ioasid_fd = scn_fd(m->run, &m->args->fd, m->process);
	if (scn_number32(m->run, &m->args->ioasid, m->done, &arg.ioasid))
		call(m, number, &arg);
}

static void dispatch(const struct making *m, const struct scn_step *step)
{
	struct ioasim_device_unbind unbind = {.size = sizeof(unbind)};
	struct ioasim_kvm_enable enable = {.size = sizeof(enable)};

	switch (step->verb) {
	case SCN_BIND:
		call_bind(m);
		break;
	case SCN_UNBIND:
		call(m, IOASIM_DEVICE_UNBIND, &unbind);
		break;
	case SCN_ALLOC:
		call_alloc(m);
		break;
	case SCN_CREATE_NESTING:
		call_create_nesting(m);
		break;
	case SCN_BIND_PGTABLE:
		call_bind_pgtable(m);
		break;
	case SCN_UNBIND_PGTABLE:
		call_id(m, IOASIM_UNBIND_PGTABLE);
		break;
	case SCN_FREE:
		call_id(m, IOASIM_IOASID_FREE);
		break;
	case SCN_MAP:
		call_map(m);
		break;
	case SCN_UNMAP:
		call_unmap(m);
		break;
	case SCN_ATTACH:
		call_attach(m, IOASIM_DEVICE_ATTACH);
		break;
	case SCN_DETACH:
		call_attach(m, IOASIM_DEVICE_DETACH);
		break;
	case SCN_INVALIDATE:
		call_invalidate(m, ytree_get(step->source, "invalidate"));
		break;
	case SCN_RESPOND:
		call_respond(m);
		break;
	case SCN_KVM_ENABLE:
		call(m, IOASIM_ENABLE_PASID_TRANSLATION, &enable);
		break;
	case SCN_KVM_MAP:
		call_kvm(m, IOASIM_KVM_MAP_PASID);
		break;
	case SCN_KVM_UNMAP:
		call_kvm(m, IOASIM_KVM_UNMAP_PASID);
		break;
	default:
		scn_trouble(m->done, "no such call");
	}
}

void scn_run_call(struct scn_run *run, const struct scn_step *step, struct scn_done *done)
{
	const struct scn_args *args = &step->args;
	struct making m = {.run = run, .args = args, .done = done};

	m.process = scn_caller(run, args, args->kvm.given ? &args->kvm : &args->fd);
	if (args->device != IOASIM_NO_DEVICE)
		m.fd = scn_device_fd(run, args->device, m.process);
	else
		m.fd = scn_fd(run, args->kvm.given ? &args->kvm : &args->fd, m.process);
	dispatch(&m, step);
}
