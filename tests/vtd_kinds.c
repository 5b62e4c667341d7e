/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* `f` says which kind, with how many levels. */
static void build(struct fixture *f, bool caches)
{
	unsigned fs_levels = f->fs_levels, ss_levels = f->ss_levels;
	enum kind kind = f->kind;
	uint64_t fspm = fs_levels == 5 ? PASID_FSPM5 : 0;
	uint64_t qw1 = TABLES_DID | PASID_PWSNP;

	tables_open(&f->t, RIG_FULL_CAP, RIG_FULL_ECAP, caches);
	f->ss = tables_page(&f->t);
	f->fs = tables_page(&f->t);
	if (kind == LEGACY) {
		tables_legacy(&f->t, TABLES_SID, f->ss | CONTEXT_TT(1),
			      TABLES_DID << 8 | (ss_levels - 2));
		tables_map(&f->t, f->ss, ss_levels, IOVA, 0, FRAME | SS_RW);
		tables_start(&f->t, TABLES_LEGACY);
		return;
	}
	tables_scalable(&f->t, TABLES_SID, CONTEXT_SCALABLE, RID_PASID);
	switch (kind) {
	case SECOND:
		tables_pasid(&f->t, 0, f->ss | PGTT_SECOND | PASID_AW(ss_levels), qw1, PASID_SRE);
		tables_map(&f->t, f->ss, ss_levels, IOVA, 0, FRAME | SS_RW);
		break;
	case FIRST:
		tables_pasid(&f->t, 0, PGTT_FIRST, qw1, f->fs | fspm | PASID_SRE);
		tables_map(&f->t, f->fs, fs_levels, IOVA, 0, FRAME | FS_ALL | FS_D);
		break;
	case NESTED:
		tables_pasid(&f->t, 0, f->ss | PGTT_NESTED | PASID_AW(ss_levels), qw1,
			     (f->fs + GUEST) | fspm | PASID_SRE);
		f->t.guest = GUEST;
		tables_map(&f->t, f->fs, fs_levels, IOVA, 0, GPA | FS_ALL | FS_D);
		f->t.guest = 0;
		for (uint64_t table = f->fs; table < f->fs + 0x8000; table += 4096)
			tables_map(&f->t, f->ss, ss_levels, table + GUEST, 0, table | SS_RW);
		tables_map(&f->t, f->ss, ss_levels, GPA, 0, FRAME | SS_RW);
		break;
	default:
		tables_pasid(&f->t, 0, PGTT_PASS, qw1, PASID_SRE);
		break;
	}
	/* The same entry for requests with PASID. */
	for (unsigned i = 0; i < 24; i += 8)
		rig_poke(&f->t.rig, tables_pasid_entry(&f->t, TABLES_PASID) + i,
			 rig_peek(&f->t.rig, tables_pasid_entry(&f->t, 0) + i));
	tables_start(&f->t, TABLES_SCALABLE);
}

void kind_open_levels(struct fixture *f, enum kind kind, unsigned fs_levels, unsigned ss_levels)
{
	*f = (struct fixture){.kind = kind, .fs_levels = fs_levels, .ss_levels = ss_levels};
	build(f, false);
}

void kind_open(struct fixture *f, enum kind kind)
{
	kind_open_levels(f, kind, 4, 4);
}

void kind_open_cached(struct fixture *f, enum kind kind)
{
	*f = (struct fixture){.kind = kind, .fs_levels = 4, .ss_levels = 4};
	build(f, true);
	rig_queue(&f->t.rig, kind != LEGACY);
}

void kind_close(struct fixture *f)
{
	tables_close(&f->t);
}

static uint64_t fs_entry(struct fixture *f, unsigned level)
{
	uint64_t entry;

	f->t.guest = f->kind == NESTED ? GUEST : 0;
	entry = tables_entry(&f->t, f->fs, f->fs_levels, IOVA, level, 0);
	f->t.guest = 0;
	return entry;
}

uint64_t kind_place(struct fixture *f, enum where where)
{
	uint64_t context = f->t.context + TABLES_SID * (f->kind == LEGACY ? 16 : 32);
	uint64_t final = f->kind == NESTED ? GPA : IOVA;

	switch (where) {
	case ROOT_0:
	case ROOT_1:
		return f->t.root + 8 * (unsigned)(where - ROOT_0);
	case CONTEXT_0:
	case CONTEXT_1:
		return context + 8 * (unsigned)(where - CONTEXT_0);
	case DIRECTORY:
		return f->t.directory;
	case PASID_0:
	case PASID_1:
	case PASID_2:
	case PASID_3:
		return tables_pasid_entry(&f->t, 0) + 8 * (unsigned)(where - PASID_0);
	case FS_LEVEL_0:
	case FS_LEVEL_1:
	case FS_LEVEL_2:
	case FS_LEVEL_3:
		return fs_entry(f, where - FS_LEVEL_0);
	case SS_LEVEL_0:
	case SS_LEVEL_1:
	case SS_LEVEL_2:
	case SS_LEVEL_3:
		return tables_entry(&f->t, f->ss, f->ss_levels, final, where - SS_LEVEL_0, 0);
	case SS_PAGE_OF_FS_0:
	case SS_PAGE_OF_FS_1:
	case SS_PAGE_OF_FS_2:
	case SS_PAGE_OF_FS_3:
		return tables_entry(&f->t, f->ss, f->ss_levels,
				    fs_entry(f, where - SS_PAGE_OF_FS_0) + GUEST, 0, 0);
	default:
		fail();
		return 0;
	}
}

void kind_change(struct fixture *f, enum where where, uint64_t clear, uint64_t set)
{
	uint64_t at;

	if (where == NOTHING)
		return;
	at = kind_place(f, where);
	rig_poke(&f->t.rig, at, (rig_peek(&f->t.rig, at) & ~clear) | set);
}
