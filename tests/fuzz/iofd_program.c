/* SPDX-License-Identifier: Apache-2.0 */
/* A program: machines, a beginning, steps, the end. */
#include "iofd_caller.h"
#include "uapi_program.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define READ_WRITE (IOASIM_READ | IOASIM_WRITE)

static const char *const archs[SHADOW_SIDES] = {"vtd", "amdvi", "smmuv3"};

void iofd_break(struct iofd_program *p, const char *format, ...)
{
	va_list args;

	if (p->broken[0])
		return;
	va_start(args, format);
	vsnprintf(p->broken, sizeof(p->broken), format, args);
	va_end(args);
}

void iofd_tell(struct iofd_program *p, const char *format, ...)
{
	va_list args;

	if (!p->out)
		return;
	va_start(args, format);
	vfprintf(p->out, format, args);
	va_end(args);
}

/* ---- Machines ---------------------------------------------------------------------------- */

static int guest_read(void *opaque, uint64_t gpa, uint64_t *word)
{
	return ioasim_process_read(opaque, 0, IOFD_TABLES + gpa - IOFD_TABLES_IOVA, word,
				   sizeof(*word));
}

static int guest_write(void *opaque, uint64_t gpa, uint64_t word)
{
	return ioasim_process_write(opaque, 0, IOFD_TABLES + gpa - IOFD_TABLES_IOVA, &word,
				    sizeof(word));
}

/* Its tables, and the words that tell of them. */
static bool guest_create(struct ioasim_system *system, uint64_t *words)
{
	const struct guest_ops *ops = system->arch->guest;
	const struct guest_memory memory = {system, guest_read, guest_write};
	const struct guest_user user = {.root = IOFD_TABLES_IOVA, .plain = true};
	const uint64_t root = IOFD_TABLES_IOVA + IOFD_PAGE;
	struct guest_table table;
	int error = guest_table_init(&table, ops, &memory, root);

	for (uint64_t page = 0; !error && page < IOFD_GUEST_PAGES; page++)
		error = guest_table_map(&table, page * IOFD_PAGE, iofd_guest_page(page) * IOFD_PAGE,
					IOFD_PAGE, iofd_guest_access(page));
	if (!error && ops->pasid_words)
		error = guest_pasid_set(ops, &memory, IOFD_TABLES_IOVA, 0, root, 1);
	if (ops->user_encode) {
		ops->user_encode(&user, words);
	} else {
		words[1] = root;
		words[2] = 48;
	}
	return !error;
}

/* Entries of invalidations: two that are good, and some that are not. */
static void entries_fill(const struct ioasim_system *system, uint64_t *words)
{
	static const uint64_t vtd[] = {0, UINT64_MAX, 0, 0, 1, 1, 0x1000, 2, 2, 0x800, 1, 0};
	/* TLBI_NSNH_ALL and TLBI_NH_ALL; no command. */
	static const uint64_t smmu[] = {0x30, 0, 0x10, 0, 0xff, 0, 0xff, 1};

	if (strcmp(system->arch->name, "smmuv3") == 0)
		memcpy(words, smmu, sizeof(smmu));
	else
		memcpy(words, vtd, sizeof(vtd));
}

static bool data_create(struct ioasim_system *system)
{
	static const uint64_t ranges[] = {0, 0x7fff, 0x10000, 0x1ffff};
	static const uint64_t overlap[] = {0x1000, 0x2fff, 0x2000, 0x4fff};
	static const uint64_t back[] = {0x5000, 0x4fff, 0, 0xfff};
	static const uint64_t taken[] = {0x8000, 0x9fff, UINT64_C(1) << 50, UINT64_C(1) << 51};
	uint64_t page[IOFD_PAGE / sizeof(uint64_t)] = {0};

	if (!guest_create(system, page + IOFD_USER / 8))
		return false;
	entries_fill(system, page + IOFD_ENTRIES / 8);
	memcpy(page + IOFD_RANGES / 8, ranges, sizeof(ranges));
	memcpy(page + IOFD_OVERLAP / 8, overlap, sizeof(overlap));
	memcpy(page + IOFD_BACK / 8, back, sizeof(back));
	memcpy(page + IOFD_TAKEN / 8, taken, sizeof(taken));
	return ioasim_process_write(system, 0, IOFD_DATA, page, sizeof(page)) == 0;
}

static bool process_create(struct ioasim_system *system)
{
	static const struct {
		uint64_t address, bytes;
		unsigned access;
	} memory[] = {
		{IOFD_MEMORY, IOFD_SIZE, READ_WRITE},
		{IOFD_READ_ONLY, IOFD_PAGE, IOASIM_READ},
		{IOFD_DATA, IOFD_PAGE, READ_WRITE},
		{IOFD_SCRATCH, IOFD_PAGE, READ_WRITE},
		{IOFD_TABLES, IOFD_TABLES_SIZE, READ_WRITE},
	};

	if (ioasim_process_create(system))
		return false;
	for (unsigned n = 0; n < sizeof(memory) / sizeof(memory[0]); n++)
		if (ioasim_process_mmap(system, 0, memory[n].address, memory[n].bytes,
					memory[n].access))
			return false;
	/* Calls do not write to it. */
	return data_create(system) &&
	       !ioasim_process_mprotect(system, 0, IOFD_DATA, IOFD_PAGE, IOASIM_READ);
}

/* What devices are: 2 and 3 are a group, 4 cannot be bound, 5 is a VF that asks for pages, 6 is
 * a mediated one of device 4, 7 one of software alone. */
static bool device_add(struct ioasim_system *system, int n)
{
	static const struct ioasim_iova_range reserved = {0x9000, 0x9fff};
	static const uint32_t capabilities[SHADOW_DEVICES] = {
		IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI,
		IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI,
		0,
		0,
		IOASIM_DEVICE_NOT_COHERENT,
		IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI | IOASIM_DEVICE_NO_ENFORCE,
		0,
		0,
	};
	const struct ioasim_device_config config = {
		.requester_id = 0x28 + 8u * (unsigned)n,
		.parent = n >= 6 ? 4 : IOASIM_NO_DEVICE,
		.software = n == 7,
		.pf = n == 5 ? 1 : IOASIM_NO_DEVICE,
		.group = n == 2 || n == 3 ? 1 : IOASIM_GROUP_OWN,
		.capabilities = capabilities[n],
		.pasid_bits = n == 0 || n == 2 || n == 4 || n == 6 ? 8 : 0,
		.reserved = n == 1 ? &reserved : NULL,
		.reserved_count = n == 1,
	};

	return ioasim_device_add(system, &config) == n;
}

/* The same for the book. */
static void book_begin(struct iofd_program *p)
{
	struct shadow *s = &p->shadow;

	s->sides = p->sides;
	s->arch = p->side[0].system->arch->uapi.number;
	for (unsigned n = 0; n < p->sides; n++)
		s->system[n] = p->side[n].system;
	for (unsigned n = 0; n < SHADOW_DEVICES; n++) {
		const struct ioasim_arch *arch = p->side[0].system->arch;
		struct shadow_device *device = &s->device[n];

		device->file = -1;
		device->group = n == 3 ? 2 : n;
		device->pasid_bits = n == 0 || n == 2 ? 8 : 0;
		device->pri = n == 0 || n == 1 || n == 5;
		device->pri_vf = n == 5;
		device->no_enforce = n == 5;
		device->not_coherent = n == 4;
		device->mediated = n == 6;
		device->software = n == 7;
		if (n == 1)
			device->range[device->reserved++] = (struct shadow_range){0x9000, 0x9fff};
		for (unsigned i = 0; i < ARCH_RESERVED && arch->reserved[i].about; i++)
			device->range[device->reserved++] = (struct shadow_range){
				arch->reserved[i].first, arch->reserved[i].last};
	}
}

static bool side_begin(struct iofd_side *side, const char *arch)
{
	struct ioasim_system_config config;
	bool well;

	side->arch = arch;
	(void)ioasim_system_config_init(&config, arch);
	config.user_memory = 1 << 20;
	config.kernel_memory = 4 << 20;
	if (ioasim_system_create(&config, &side->system, NULL))
		return false;
	well = process_create(side->system);
	for (int n = 0; n < SHADOW_DEVICES && well; n++)
		well = device_add(side->system, n);
	return well;
}

static bool begin(struct iofd_program *p, uint8_t head)
{
	const char *alone = head % 8 == 7 ? NULL : archs[head / 8 % 3];

	p->sides = alone ? 1 : SHADOW_SIDES;
	iofd_tell(p, "# %s\n", alone ? alone : "alike");
	for (unsigned n = 0; n < p->sides; n++)
		if (!side_begin(&p->side[n], alone ? alone : archs[n])) {
			iofd_break(p, "cannot begin");
			return false;
		}
	book_begin(p);
	return true;
}

/* ---- Descriptors ---------------------------------------------------------------------------- */

static int open_one(struct iofd_program *p, int device)
{
	int first = 0;

	for (unsigned n = 0; n < p->sides; n++) {
		struct ioasim_system *system = p->side[n].system;
		int fd = device < 0 ? ioasim_iommufd_open(system, p->process)
				    : ioasim_open_device(system, p->process, device);

		if (n == 0)
			first = fd;
		else if (fd != first)
			iofd_break(p, "opening gives %d on %s", fd, p->side[n].arch);
	}
	iofd_tell(p, "open device %d = %d\n", device, first);
	return first;
}

static void open_device(struct iofd_program *p, int device)
{
	int fd = open_one(p, device);

	if (p->shadow.device[device].open != (fd == -EBUSY))
		iofd_break(p, "opening device %d gives %d", device, fd);
	if (fd < 0)
		return;
	p->shadow.device[device].open = true;
	p->shadow.fd[fd] = (struct shadow_fd){.kind = SHADOW_FD_DEVICE, .device = device};
}

static void open_iommufd(struct iofd_program *p)
{
	int number = 0, fd;

	while (number < SHADOW_FILES && p->shadow.file[number].used)
		number++;
	if (number == SHADOW_FILES)
		return;
	fd = open_one(p, -1);
	if (fd < 0) {
		iofd_break(p, "opening gives %d", fd);
		return;
	}
	p->shadow.file[number].used = p->shadow.file[number].open = true;
	p->shadow.fd[fd] = (struct shadow_fd){.kind = SHADOW_FD_IOMMUFD, .file = number};
}

/* Memory of a file, which the process has too. */
static void open_file(struct iofd_program *p)
{
	int first = -1;

	for (unsigned n = 0; n < p->sides; n++) {
		struct ioasim_system *system = p->side[n].system;
		int fd = ioasim_open_file(system, p->process, IOFD_FILE_SIZE);

		if (fd < 0 || (n && fd != first) ||
		    ioasim_process_mmap_file(system, p->process, IOFD_FILE,
					     IOFD_FILE_PAGES * IOFD_PAGE, READ_WRITE, fd, 0))
			iofd_break(p, "a file gets number %d", fd);
		first = fd;
	}
	if (first >= 0)
		p->shadow.fd[first] = (struct shadow_fd){.kind = SHADOW_FD_FILE};
	iofd_tell(p, "open file = %d\n", first);
}

static void close_fd(struct iofd_program *p, int fd)
{
	bool known = fd >= 0 && fd < SHADOW_FDS && p->shadow.fd[fd].kind != SHADOW_FD_NONE;

	iofd_tell(p, "close %d\n", fd);
	for (unsigned n = 0; n < p->sides; n++)
		if (ioasim_close(p->side[n].system, p->process, fd) != (known ? 0 : -EBADF))
			iofd_break(p, "closing %d fails", fd);
	if (known)
		shadow_close(&p->shadow, fd);
}

static void step_open(struct iofd_program *p)
{
	uint8_t byte = iofd_byte(p);

	if (byte < 0x30)
		open_iommufd(p);
	else
		open_device(p, byte % SHADOW_DEVICES);
}

static void step_close(struct iofd_program *p)
{
	uint8_t byte = iofd_byte(p);

	if (byte < 0x18)
		close_fd(p, iofd_fd(p, SHADOW_FD_IOMMUFD));
	else if (byte < 0x50)
		close_fd(p, iofd_fd(p, SHADOW_FD_DEVICE));
	else if (byte < 0xa0)
		close_fd(p, iofd_fd(p, SHADOW_FD_QUEUE));
	else if (byte < 0xa4)
		close_fd(p, iofd_fd(p, SHADOW_FD_FILE));
}

/* ---- Other steps ------------------------------------------------------------------------------ */

static void step_queue(struct iofd_program *p)
{
	uint8_t byte = iofd_byte(p), words = iofd_byte(p);
	int fd = iofd_fd(p, iofd_chance(p, 0xf0) ? SHADOW_FD_QUEUE : SHADOW_FD_DEVICE);
	unsigned char data[SHADOW_SIDES][256];
	int64_t done[SHADOW_SIDES] = {0};

	for (unsigned n = 0; n < p->sides; n++) {
		struct ioasim_system *system = p->side[n].system;
		uint32_t response[4] = {words % 4, byte & 1, words / 4 % 4, byte >> 1 & 1};

		memset(data[n], 0, sizeof(data[n]));
		(void)ioasim_iommufd_poll(system, p->process, fd);
		done[n] = byte < 0xa0 ? ioasim_iommufd_read(system, p->process, fd, data[n],
							    byte < 0x60 ? 240 : words)
				      : ioasim_iommufd_write(system, p->process, fd, response,
							     byte < 0xf0 ? byte % 3 * 8u : 5);
		if (done[n] > 240)
			iofd_break(p, "more bytes than there is room for");
		if (done[n] != done[0] || memcmp(data[n], data[0], sizeof(data[0])))
			iofd_break(p, "a queue tells something else on %s", p->side[n].arch);
	}
	iofd_tell(p, "queue %d %s = %lld\n", fd, byte < 0xa0 ? "read" : "write",
		  (long long)done[0]);
}

/* The process's memory comes and goes, and holds ranges and entries. */
static void step_memory(struct iofd_program *p)
{
	uint8_t byte = iofd_byte(p);
	uint64_t page = IOFD_MEMORY + (byte % IOFD_PAGES) * IOFD_PAGE;
	uint64_t words[2] = {fuzz_word(&p->bytes, 8), fuzz_word(&p->bytes, 8)};
	int result[SHADOW_SIDES] = {0};

	for (unsigned n = 0; n < p->sides; n++) {
		struct ioasim_system *system = p->side[n].system;

		switch (byte >> 6) {
		case 0:
			result[n] = ioasim_process_munmap(system, p->process, page, IOFD_PAGE);
			break;
		case 1:
		case 2:
			result[n] = ioasim_process_mmap(system, p->process, page, IOFD_PAGE,
							words[0] & 0x30 ? READ_WRITE : IOASIM_READ);
			break;
		default:
			result[n] = ioasim_process_write(
				system, p->process, page + (words[0] & 0xf0), words, sizeof(words));
		}
		if (result[n] != result[0])
			iofd_break(p, "memory changes otherwise on %s", p->side[n].arch);
	}
	iofd_tell(p, "memory %#llx %s = %d\n", (unsigned long long)page,
		  byte < 0x40   ? "munmap"
		  : byte < 0xc0 ? "mmap"
				: "write",
		  result[0]);
}

/* ---- The beginning ------------------------------------------------------------------------------ */

static int call(struct iofd_program *p, int fd, uint32_t request, const void *argument,
		size_t bytes, struct iofd_made *made)
{
	*made = (struct iofd_made){.fd = fd};
	for (unsigned n = 0; iofd_call_table(n); n++)
		if (iofd_call_table(n)->request == request)
			made->entry = iofd_call_table(n);
	made->size = made->entry->size;
	memcpy(made->argument, argument, bytes);
	if (iofd_alike(p) && !iofd_make_alike(p, made))
		return -EOPNOTSUPP;
	return iofd_make(p, made);
}

/* Page tables of most kinds, as far as the machine has them. */
static void tables(struct iofd_program *p, int iommufd, int device, uint32_t dev_id, bool dirty)
{
	const struct ioasim_iommufd_ioas_alloc alloc = {0};
	struct ioasim_iommufd_map map = {
		.flags = 7, .user_va = IOFD_MEMORY, .length = 8 * IOFD_PAGE};
	struct ioasim_iommufd_hwpt_alloc hwpt = {.flags = IOASIM_IOMMUFD_HWPT_NEST_PARENT,
						 .dev_id = dev_id};
	struct ioasim_iommufd_viommu_alloc viommu = {.type = 1, .dev_id = dev_id};
	struct ioasim_iommufd_vdevice_alloc vdevice = {.dev_id = dev_id, .virt_id = 5};
	struct ioasim_iommufd_set_dirty track = {.flags = IOASIM_IOMMUFD_DIRTY_ENABLE};
	struct ioasim_vfio_attach attach = {0};
	struct iofd_made made;

	(void)call(p, iommufd, IOASIM_IOMMUFD_IOAS_ALLOC, &alloc, sizeof(alloc), &made);
	hwpt.pt_id = map.ioas_id = attach.pt_id =
		((const struct ioasim_iommufd_ioas_alloc *)(const void *)made.argument)
			->out_ioas_id;
	(void)call(p, iommufd, IOASIM_IOMMUFD_IOAS_MAP, &map, sizeof(map), &made);
	map.user_va = IOFD_TABLES;
	map.iova = IOFD_TABLES_IOVA;
	map.length = IOFD_TABLES_SIZE;
	(void)call(p, iommufd, IOASIM_IOMMUFD_IOAS_MAP, &map, sizeof(map), &made);
	if (!call(p, iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt, sizeof(hwpt), &made)) {
		memcpy(&viommu.hwpt_id,
		       made.argument + offsetof(struct ioasim_iommufd_hwpt_alloc, out_hwpt_id), 4);
		if (!call(p, iommufd, IOASIM_IOMMUFD_VIOMMU_ALLOC, &viommu, sizeof(viommu),
			  &made)) {
			memcpy(&vdevice.viommu_id,
			       made.argument +
				       offsetof(struct ioasim_iommufd_viommu_alloc, out_viommu_id),
			       4);
			(void)call(p, iommufd, IOASIM_IOMMUFD_VDEVICE_ALLOC, &vdevice,
				   sizeof(vdevice), &made);
		}
	}
	hwpt.flags = IOASIM_IOMMUFD_HWPT_PASID;
	(void)call(p, iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt, sizeof(hwpt), &made);
	hwpt.flags = IOASIM_IOMMUFD_HWPT_DIRTY;
	if (dirty && !call(p, iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt, sizeof(hwpt), &made)) {
		memcpy(&attach.pt_id,
		       made.argument + offsetof(struct ioasim_iommufd_hwpt_alloc, out_hwpt_id), 4);
		track.hwpt_id = attach.pt_id;
		(void)call(p, iommufd, IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING, &track,
			   sizeof(track), &made);
	}
	(void)call(p, device, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach, sizeof(attach), &made);
}

/* The guest's own table, and numbers of its devices. */
static void nested(struct iofd_program *p, int iommufd)
{
	const uint32_t bytes[] = {24, 32, 16}, type[] = {1, 3, 2};
	struct ioasim_iommufd_hwpt_alloc hwpt = {.dev_id = p->shadow.device[0].id,
						 .data = IOFD_DATA + IOFD_USER};
	struct ioasim_iommufd_vdevice_alloc vdevice = {0};
	const struct shadow_object *object = p->shadow.file[0].object;
	struct iofd_made made;

	hwpt.data_type = type[p->shadow.arch];
	hwpt.data_len = bytes[p->shadow.arch];
	for (uint32_t n = 1; n < SHADOW_IDS; n++) {
		if (object[n].kind == (p->shadow.arch ? SHADOW_VIOMMU : SHADOW_HWPT) && !hwpt.pt_id)
			hwpt.pt_id = n;
		if (object[n].kind == SHADOW_VIOMMU)
			vdevice.viommu_id = n;
		if (object[n].kind == SHADOW_DEVICE && object[n].device)
			vdevice.dev_id = n;
	}
	(void)call(p, iommufd, IOASIM_IOMMUFD_HWPT_ALLOC, &hwpt, sizeof(hwpt), &made);
	if (vdevice.dev_id && vdevice.viommu_id)
		(void)call(p, iommufd, IOASIM_IOMMUFD_VDEVICE_ALLOC, &vdevice, sizeof(vdevice),
			   &made);
}

/* A software mdev, whose descriptor is the next, at an IOAS. */
static void software(struct iofd_program *p, int fd)
{
	const struct ioasim_vfio_bind bind = {0};
	struct ioasim_vfio_attach attach = {0};
	struct iofd_made made;

	open_device(p, SHADOW_DEVICES - 1);
	(void)call(p, fd, IOASIM_VFIO_BIND_IOMMUFD, &bind, sizeof(bind), &made);
	for (uint32_t n = 1; n < SHADOW_IDS && !attach.pt_id; n++)
		if (p->shadow.file[0].object[n].kind == SHADOW_IOAS)
			attach.pt_id = n;
	(void)call(p, fd, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach, sizeof(attach), &made);
}

/* For the calls of a container: an IOAS of its own. */
static void container(struct iofd_program *p, int iommufd)
{
	const struct ioasim_iommufd_ioas_alloc alloc = {0};
	struct ioasim_iommufd_vfio_ioas vfio = {.op = IOASIM_IOMMUFD_VFIO_IOAS_SET};
	const struct ioasim_iommufd_ioas_alloc *made_alloc;
	struct iofd_made made;

	(void)call(p, iommufd, IOASIM_IOMMUFD_IOAS_ALLOC, &alloc, sizeof(alloc), &made);
	made_alloc = (const void *)made.argument;
	vfio.ioas_id = made_alloc->out_ioas_id;
	(void)call(p, iommufd, IOASIM_IOMMUFD_VFIO_IOAS, &vfio, sizeof(vfio), &made);
}

/* What nothing works without: an iommufd, and a device bound to it. */
static void prologue(struct iofd_program *p, uint8_t head)
{
	struct ioasim_vfio_bind bind = {0};
	struct iofd_made made;

	open_iommufd(p);
	open_device(p, 0);
	open_device(p, 1 + head / 2 % 3);
	bind.iommufd = 0;
	(void)call(p, 1, IOASIM_VFIO_BIND_IOMMUFD, &bind, sizeof(bind), &made);
	if (head & 1)
		tables(p, 0, 1, p->shadow.device[0].id, head & 8);
	if (head & 0x20)
		container(p, 0);
	if (head & 0x10)
		(void)call(p, 2, IOASIM_VFIO_BIND_IOMMUFD, &bind, sizeof(bind), &made);
	if (head & 0x40 && !iofd_alike(p))
		nested(p, 0);
	if (head & 0x80)
		software(p, 3);
}

/* ---- A run -------------------------------------------------------------------------------------------- */

/* Frames are pinned once for the memory that a call named, if it is used, and once for each mapping that
 * page tables show (M7). */
static uint64_t pins_foretold(const struct shadow *s)
{
	uint64_t pins = 0;

	for (unsigned n = 0; n < SHADOW_PAGES; n++)
		for (unsigned i = 0; s->pages[n].refs && i < SHADOW_RUN; i++)
			pins += s->pages[n].page[i].pins +
				(s->pages[n].page[i].pins || s->pages[n].page[i].held);
	return pins;
}

static void judge(struct iofd_program *p)
{
	uint64_t foretold = pins_foretold(&p->shadow);

	for (unsigned n = 0; n < p->sides; n++) {
		const struct ioasim_system *system = p->side[n].system;
		const struct ioasim_violation *violation = ioasim_system_violation(system, 0);
		uint64_t pins = 0;

		if (violation)
			iofd_break(p, "%s: S%u: %s", p->side[n].arch, violation->rule,
				   violation->text);
		for (uint64_t i = 0; i < system->frames.fresh; i++)
			pins += system->frames.frame[i].pins;
		if (pins != foretold)
			iofd_break(p, "%s: %llu pins, by the rules %llu", p->side[n].arch,
				   (unsigned long long)pins, (unsigned long long)foretold);
	}
}

static void end(struct iofd_program *p)
{
	iofd_probe(p);
	for (unsigned n = 0; n < p->sides && !p->broken[0]; n++) {
		const char *left;

		(void)ioasim_process_exit(p->side[n].system, p->process);
		left = uapi_left(p->side[n].system);
		if (left)
			iofd_break(p, "%s: %s", p->side[n].arch, left);
	}
}

static void step(struct iofd_program *p)
{
	uint8_t choice = iofd_byte(p);

	if (choice < 0xb0)
		iofd_step_call(p);
	else if (choice < 0xd0)
		iofd_step_dma(p);
	else if (choice < 0xd7)
		iofd_step_pin(p);
	else if (choice < 0xdc)
		step_memory(p);
	else if (choice < 0xe6)
		step_queue(p);
	else if (choice < 0xf4)
		step_open(p);
	else
		step_close(p);
	if (choice % 8 == 0 && !p->broken[0])
		iofd_probe(p);
}

const char *iofd_program_run(struct iofd_program *p, const uint8_t *data, size_t size)
{
	struct iofd_stats *stats = p->stats;
	FILE *out = p->out;

	memset(p, 0, sizeof(*p));
	p->out = out;
	p->stats = stats;
	if (begin(p, size ? data[0] : 0)) {
		prologue(p, size < 2 ? 0 : data[1]);
		open_file(p);
		for (size_t at = IOFD_HEADER; at + IOFD_STEP <= size && !p->broken[0];
		     at += IOFD_STEP) {
			p->bytes = (struct fuzz_bytes){data + at, IOFD_STEP};
			step(p);
			judge(p);
		}
		if (!p->broken[0])
			end(p);
	}
	for (unsigned n = 0; n < p->sides; n++)
		ioasim_system_destroy(p->side[n].system);
	return p->broken[0] ? p->broken : NULL;
}
