/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi_rig.h"

#include "model/uapi/descriptor.h"
#include "model/uapi/ioasid.h"

#define READ_WRITE (IOASIM_READ | IOASIM_WRITE)

static void command(void *opaque, enum ioasim_command_class class, const uint64_t *words,
		    unsigned count)
{
	static const char letters[] = "cptaqso";
	struct uapi_rig *rig = opaque;
	size_t length = strlen(rig->classes);

	(void)words;
	(void)count;
	rig->commands++;
	if (length < sizeof(rig->classes) - 1) {
		rig->classes[length] = letters[class];
		rig->classes[length + 1] = 0;
	}
}

struct uapi_rig *uapi_rig_create(const char *arch, uint64_t kernel_memory)
{
	struct ioasim_system_config config;
	struct uapi_rig *rig = calloc(1, sizeof(*rig));
	const char *why;

	assert_non_null(rig);
	rig->arch = arch;
	assert_int_equal(ioasim_system_config_init(&config, rig->arch), 0);
	config.kernel_memory = kernel_memory;
	if (ioasim_system_create(&config, &rig->system, &why))
		fail_msg("%s: %s", rig->arch, why);
	rig->vm = ioasim_process_create(rig->system);
	assert_true(rig->vm >= 0);
	assert_int_equal(
		ioasim_process_mmap(rig->system, rig->vm, RIG_MEMORY, RIG_SIZE, READ_WRITE), 0);
	assert_int_equal(
		ioasim_process_mmap(rig->system, rig->vm, RIG_READ_ONLY, RIG_PAGE, IOASIM_READ), 0);
	rig->fd = ioasim_open(rig->system, rig->vm, IOASIM_FD_IOASID);
	assert_true(rig->fd >= 0);
	ioasim_system_watch(rig->system, command, rig);
	return rig;
}

int uapi_rig_setup(void **state)
{
	*state = uapi_rig_create(*state, 0);
	return 0;
}

/* Nothing in a test may break a rule. */
int uapi_rig_teardown(void **state)
{
	struct uapi_rig *rig = *state;
	const struct ioasim_violation *broken = ioasim_system_violation(rig->system, 0);

	if (broken)
		print_error("S%u: %s\n", broken->rule, broken->text);
	assert_null(broken);
	ioasim_system_destroy(rig->system);
	free(rig);
	return 0;
}

/* ---- The machine ------------------------------------------------------------------------ */

struct ioasim_device_config rig_pdev(uint32_t requester_id)
{
	return (struct ioasim_device_config){
		.requester_id = requester_id,
		.parent = IOASIM_NO_DEVICE,
		.pf = IOASIM_NO_DEVICE,
		.group = IOASIM_GROUP_OWN,
	};
}

int rig_device(struct uapi_rig *rig, const struct ioasim_device_config *config)
{
	int device = ioasim_device_add(rig->system, config);

	assert_true(device >= 0);
	return device;
}

int rig_bound(struct uapi_rig *rig, const struct ioasim_device_config *config, uint64_t cookie)
{
	int fd = ioasim_open_device(rig->system, rig->vm, rig_device(rig, config));

	assert_true(fd >= 0);
	assert_int_equal(rig_bind(rig, fd, rig->fd, cookie), 0);
	return fd;
}

/* ---- Calls ------------------------------------------------------------------------------- */

static int call(struct uapi_rig *rig, int fd, uint32_t which, void *argument)
{
	return ioasim_ioctl(rig->system, rig->vm, fd, which, argument);
}

int rig_bind(struct uapi_rig *rig, int device_fd, int fd, uint64_t cookie)
{
	struct ioasim_device_bind bind = {.size = sizeof(bind), .ioasid_fd = fd, .cookie = cookie};

	return call(rig, device_fd, IOASIM_DEVICE_BIND, &bind);
}

int rig_unbind(struct uapi_rig *rig, int device_fd)
{
	struct ioasim_device_unbind unbind = {.size = sizeof(unbind)};

	return call(rig, device_fd, IOASIM_DEVICE_UNBIND, &unbind);
}

int rig_alloc(struct uapi_rig *rig, uint32_t parent, uint32_t flags)
{
	struct ioasim_ioasid_alloc alloc = {
		.size = sizeof(alloc), .flags = flags, .parent = parent};

	return call(rig, rig->fd, IOASIM_IOASID_ALLOC, &alloc);
}

int rig_alloc_kind(struct uapi_rig *rig, uint32_t kind, uint32_t parent, uint64_t root)
{
	struct ioasim_ioasid_alloc alloc = {
		.size = sizeof(alloc), .kind = kind, .parent = parent, .root = root};

	return call(rig, rig->fd, IOASIM_IOASID_ALLOC, &alloc);
}

int rig_ioasid_free(struct uapi_rig *rig, int ioasid)
{
	struct ioasim_ioasid_id id = {.size = sizeof(id), .ioasid = (uint32_t)ioasid};

	return call(rig, rig->fd, IOASIM_IOASID_FREE, &id);
}

struct ioasim_ioasid_info rig_info(struct uapi_rig *rig, int ioasid)
{
	struct ioasim_ioasid_info info = {.size = sizeof(info), .ioasid = (uint32_t)ioasid};

	assert_int_equal(call(rig, rig->fd, IOASIM_IOASID_GET_INFO, &info), 0);
	return info;
}

int rig_map(struct uapi_rig *rig, int ioasid, uint64_t iova, uint64_t vaddr, uint64_t length)
{
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .ioasid = (uint32_t)ioasid,
				     .prot = READ_WRITE,
				     .iova = iova,
				     .vaddr = vaddr,
				     .length = length};

	return call(rig, rig->fd, IOASIM_MAP_DMA, &map);
}

int rig_map_prot(struct uapi_rig *rig, int ioasid, uint64_t iova, uint64_t vaddr, uint32_t prot)
{
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .ioasid = (uint32_t)ioasid,
				     .prot = prot,
				     .iova = iova,
				     .vaddr = vaddr,
				     .length = RIG_PAGE};

	return call(rig, rig->fd, IOASIM_MAP_DMA, &map);
}

int64_t rig_unmap(struct uapi_rig *rig, int ioasid, uint64_t iova, uint64_t length)
{
	struct ioasim_unmap_dma unmap = {
		.size = sizeof(unmap), .ioasid = (uint32_t)ioasid, .iova = iova, .length = length};
	int status = call(rig, rig->fd, IOASIM_UNMAP_DMA, &unmap);

	return status ? status : (int64_t)unmap.unmapped;
}

static struct ioasim_device_attach attach_argument(const struct uapi_rig *rig, int ioasid,
						   uint32_t vpasid)
{
	return (struct ioasim_device_attach){.size = sizeof(struct ioasim_device_attach),
					     .ioasid_fd = rig->fd,
					     .ioasid = (uint32_t)ioasid,
					     .vpasid = vpasid};
}

int rig_attach(struct uapi_rig *rig, int device_fd, int ioasid, uint32_t vpasid)
{
	struct ioasim_device_attach attach = attach_argument(rig, ioasid, vpasid);

	return call(rig, device_fd, IOASIM_DEVICE_ATTACH, &attach);
}

int rig_detach(struct uapi_rig *rig, int device_fd, int ioasid, uint32_t vpasid)
{
	struct ioasim_device_attach attach = attach_argument(rig, ioasid, vpasid);

	return call(rig, device_fd, IOASIM_DEVICE_DETACH, &attach);
}

/* ---- What the hardware does --------------------------------------------------------------- */

ioasim_pa_t rig_reach(struct uapi_rig *rig, uint32_t requester_id, uint64_t iova, uint8_t access)
{
	struct ioasim_request request = {.requester_id = requester_id,
					 .address = iova,
					 .length = 4,
					 .access = access,
					 .kind = IOASIM_UNTRANSLATED};
	struct ioasim_response response;

	ioasim_translate(rig->system->unit, &request, &response);
	return response.outcome == IOASIM_OK ? response.pa : 0;
}

ioasim_pa_t rig_page(struct uapi_rig *rig, uint64_t vaddr)
{
	ioasim_pa_t pa;

	assert_int_equal(ioasim_process_page(rig->system, rig->vm, vaddr, &pa), 0);
	return pa;
}

void rig_commands_clear(struct uapi_rig *rig)
{
	rig->classes[0] = 0;
}

bool rig_commands_in_order(const struct uapi_rig *rig, const char *classes)
{
	for (const char *seen = rig->classes; *seen && *classes; seen++)
		classes += *seen == *classes;
	return !*classes;
}

struct ioasid *rig_ioasid(struct uapi_rig *rig, int number)
{
	const struct fd *fd = fd_find(rig->system->process[rig->vm], rig->fd);

	return ioasid_find(fd->container, (uint32_t)number);
}
