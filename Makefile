# SPDX-License-Identifier: Apache-2.0
# ioasim: `make demo` and `make check` are all that a fresh machine needs; `make help` lists the rest.

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O3 -g
# Instrumented code is built apart from the rest: build-address-undefined.
SANITIZE ?=
comma := ,
BUILD ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))
PREFIX ?= /usr/local
DESTDIR ?=

VERSION := $(shell sed -n 's/.*IOASIM_VERSION "\(.*\)"/\1/p' include/ioasim/version.h)
SOVERSION := 0

WARN := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS += -Iinclude -Isrc -Isim -D_GNU_SOURCE
ALL_CFLAGS := -std=gnu11 $(WARN) -fvisibility=hidden -fPIC -MMD -MP $(CFLAGS)
ALL_LDFLAGS := $(LDFLAGS)
ifneq ($(SANITIZE),)
ALL_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
SIM_LIBS := -lyaml -ljansson -lz -lpthread -lm

LIB_SRC := $(wildcard src/*.c src/model/*.c src/model/uapi/*.c src/model/iommufd/*.c src/vtd/*.c src/amdvi/*.c src/smmuv3/*.c)
SIM_SRC := $(wildcard sim/*.c)
TEST_SRC := $(wildcard tests/test_*.c)
# Beside the test programs: what several of them share.
TEST_HELP_SRC := $(filter-out $(TEST_SRC),$(wildcard tests/*.c))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_HELP_SRC := $(filter-out $(FUZZ_SRC),$(wildcard tests/fuzz/*.c))
BENCH_SRC := $(wildcard bench/*.c)
OBJ = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIB_OBJ := $(call OBJ,$(LIB_SRC))
SIM_OBJ := $(call OBJ,$(SIM_SRC))
TEST_HELP_OBJ := $(call OBJ,$(TEST_HELP_SRC))
FUZZ_HELP_OBJ := $(call OBJ,$(FUZZ_HELP_SRC))
BENCH_OBJ := $(call OBJ,$(BENCH_SRC))
# Everything of the command but its main().
TEST_SIM := $(filter-out $(BUILD)/obj/sim/main.o,$(SIM_OBJ))

LIBA := $(BUILD)/libioasim.a
SONAME := libioasim.so.$(SOVERSION)
SOFILE := libioasim.so.$(VERSION)
SO := $(BUILD)/lib/libioasim.so
STATIC := $(BUILD)/lib/libioasim.a
PRELOAD := $(BUILD)/lib/libioasim-preload.so
PRELOAD_OBJ := $(call OBJ,$(wildcard preload/*.c))
TEST_BIN := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
# Drivers that are broken on purpose, one for each name of the enum, and NOTHING.
BROKEN := $(shell sed -n 's/^\tBROKEN_\([A-Z_]*\),.*/\1/p' src/model/broken.h)
BROKEN_BIN := $(BROKEN:%=$(BUILD)/broken/%/test)
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)
EXAMPLES := $(BUILD)/examples/vmm $(BUILD)/examples/vmm-shared
# Without scdoc there are no manual pages, and all else is well.
MAN := $(if $(shell command -v scdoc),$(patsubst docs/man/%.scd,$(BUILD)/man/%,$(wildcard docs/man/*.scd)))

all: $(LIBA) $(STATIC) $(SO) $(PRELOAD) $(BUILD)/ioasim

# ---- Building ----------------------------------------------------------------

# Holds the compiler and its options; everything is made anew when they change.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' > $@.$$$$; \
	cmp -s $@.$$$$ $@ && rm -f $@.$$$$ || mv -f $@.$$$$ $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# With all of the library's inner functions: for the command and the tests.
$(LIBA): $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# For embedders: one object in which everything but IOASIM_API is local.
$(STATIC): $(LIB_OBJ)
	@mkdir -p $(@D) $(BUILD)/obj
	$(LD) -r -o $(BUILD)/obj/libioasim.o $^
	objcopy --localize-hidden $(BUILD)/obj/libioasim.o
	@rm -f $@
	$(AR) rcs $@ $(BUILD)/obj/libioasim.o

$(SO): $(LIB_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -shared -Wl,-soname,$(SONAME) \
		$(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs) -o $(@D)/$(SOFILE) $^
	ln -sf $(SOFILE) $(@D)/$(SONAME)
	ln -sf $(SONAME) $@

# In front of real programs: everything but the calls that it takes is local.
# What is needed of the command comes from an archive: readers of machine files.
$(BUILD)/obj/libsim.a: $(TEST_SIM)
	@rm -f $@
	$(AR) rcs $@ $^

$(PRELOAD): $(PRELOAD_OBJ) $(BUILD)/obj/libsim.a $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -shared $(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs) \
		-Wl,--exclude-libs,ALL -Wl,--as-needed -o $@ \
		$(PRELOAD_OBJ) $(BUILD)/obj/libsim.a $(LIBA) $(SIM_LIBS) -ldl

$(BUILD)/ioasim: $(SIM_OBJ) $(LIBA)
	$(CC) $(ALL_LDFLAGS) -o $@ $(SIM_OBJ) $(LIBA) $(SIM_LIBS)

# One test program per room: tests/test_NAME.c -> build/tests/test_NAME
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_HELP_OBJ) $(TEST_SIM) $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(TEST_HELP_OBJ) $(TEST_SIM) $(LIBA) -lcmocka $(SIM_LIBS)

# The test of failing allocations stands between the library and the host.
$(BUILD)/tests/test_alloc: private ALL_LDFLAGS += \
	$(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc free mmap munmap)

# Of a broken driver, only the files that have the fault are compiled anew; they come
# before the library's. Products never contain them.
define BROKEN_RULES
BROKEN_OBJ_$(1) := $$(patsubst %.c,$$(BUILD)/broken/$(1)/%.o,tests/broken/test_broken.c \
	$$(shell grep -l 'BROKEN($(1))' src/*/driver*.c))

$$(BUILD)/broken/$(1)/%.o: %.c $$(BUILD)/flags
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) -Itests -DIOASIM_BREAK=BROKEN_$(1) $$(ALL_CFLAGS) -c -o $$@ $$<

$$(BUILD)/broken/$(1)/test: $$(BROKEN_OBJ_$(1)) $$(TEST_HELP_OBJ) $$(TEST_SIM) $$(LIBA)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(BROKEN_OBJ_$(1)) $$(TEST_HELP_OBJ) $$(TEST_SIM) $$(LIBA) -lcmocka $$(SIM_LIBS)
endef
$(foreach fault,$(BROKEN),$(eval $(call BROKEN_RULES,$(fault))))

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_HELP_OBJ) $(TEST_SIM) $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(FUZZ_HELP_OBJ) $(TEST_SIM) $(LIBA) $(SIM_LIBS)

# Programs that know nothing of the project, run with the preloaded library.
PRELOAD_TEST := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/preload/test_*.c))
$(BUILD)/preload/%: $(BUILD)/obj/tests/preload/%.o
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $< -lcmocka -lpthread
$(BUILD)/obj/tests/preload/%.o: private CPPFLAGS += -Ipreload

$(BUILD)/bench/bench: $(BENCH_OBJ) $(TEST_SIM) $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(BENCH_OBJ) $(TEST_SIM) $(LIBA) $(SIM_LIBS)

# Examples see what an embedder sees: the public headers and a library.
EXAMPLE_CC = $(CC) -Iinclude -std=c11 $(WARN) $(CFLAGS) $(ALL_LDFLAGS)

$(BUILD)/examples/%: examples/%.c $(STATIC)
	@mkdir -p $(@D)
	$(EXAMPLE_CC) -o $@ $< $(STATIC)

$(BUILD)/examples/%-shared: examples/%.c $(SO)
	@mkdir -p $(@D)
	$(EXAMPLE_CC) -o $@ $< -L$(BUILD)/lib -lioasim -Wl,-rpath,$(abspath $(BUILD)/lib)

# The parts of both that tell of options come from the command's own tables.
$(BUILD)/man/%: docs/man/%.scd docs/man/fill.sh $(BUILD)/ioasim
	@mkdir -p $(@D)
	bash docs/man/fill.sh $(BUILD)/ioasim < $< | scdoc > $@

$(BUILD)/ioasim.bash: docs/completion.bash $(BUILD)/ioasim
	$(BUILD)/ioasim --dump-options=bash > $@.words
	sed -e '/@WORDS@/r $@.words' -e '/@WORDS@/d' $< > $@
	@rm -f $@.words

tests: $(TEST_BIN) $(BROKEN_BIN) $(PRELOAD_TEST)
examples: $(EXAMPLES)
fuzzers: $(FUZZ_BIN)
man: $(MAN) $(BUILD)/ioasim.bash

# The generated parts of docs/uapi.md and docs/walk.md, and docs/uapi-rules.md.
docs: docs-uapi docs-walk docs-rules docs-validation
docs-validation: $(BUILD)/ioasim
	bash tests/validation.sh $(BUILD)/ioasim > $(BUILD)/validation.txt
	bash docs/validation.sh $(BUILD)/validation.txt > $(BUILD)/validation.md
	cp $(BUILD)/validation.md docs/validation.md
docs-walk: $(BUILD)/ioasim
	bash docs/walk.sh $(BUILD)/ioasim > $(BUILD)/walk.md
	cp $(BUILD)/walk.md docs/walk.md
docs-uapi: $(BUILD)/ioasim
	bash docs/uapi.sh $(BUILD)/ioasim > $(BUILD)/uapi.md
	cp $(BUILD)/uapi.md docs/uapi.md
docs-rules:
	@mkdir -p $(BUILD)
	bash docs/rules.sh > $(BUILD)/uapi-rules.md
	cp $(BUILD)/uapi-rules.md docs/uapi-rules.md

# ---- Using -------------------------------------------------------------------

deps:
	@sh .ci/deps

DEMO_LOG := traces/vtd-mix-strict.log.gz
DEMO := $(BUILD)/demo.dmat

demo: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory demo-run

demo-run:
	$(BUILD)/ioasim import $(DEMO_LOG) --lift -o $(DEMO)
	@echo
	$(BUILD)/ioasim trace info $(DEMO)
	@echo
	$(BUILD)/ioasim replay $(DEMO) --level unit
	@echo
	$(BUILD)/ioasim replay $(DEMO) --level driver

# ---- Checking ----------------------------------------------------------------

# Runs of each fuzz harness: a few in `check`, many in `fuzz`.
FUZZ_RUNS ?= 1000000
FUZZ_SEED ?= 1
CHECK_BUILD = $(BUILD)
SAN_BUILD = $(BUILD)-sanitize
SAN = SANITIZE=address,undefined BUILD=$(SAN_BUILD) CFLAGS='-O1 -g'

check: deps
	@$(MAKE) --no-print-directory all tests examples fuzzers man
	@$(MAKE) --no-print-directory $(SAN) all tests examples fuzzers
	@bash tests/run.sh $(CHECK_BUILD) $(SAN_BUILD)

BENCH := IOASIM=$(BUILD)/ioasim BENCH_DIR=$(BUILD)/bench $(BUILD)/bench/bench

bench: $(BUILD)/bench/bench $(BUILD)/ioasim
	$(BENCH) $(BENCH_ARGS)

bench-memory: $(BUILD)/bench/bench $(BUILD)/ioasim
	$(BENCH) memory $(BENCH_ARGS)

# 100 machines over 10 million records, beside 100 replays.
bench-sweep: $(BUILD)/ioasim
	bash bench/sweep.sh $(BUILD)/ioasim $(BUILD)/bench nic

fuzz:
	@$(MAKE) --no-print-directory $(SAN) fuzzers
	@bash tests/fuzz/run.sh $(SAN_BUILD)/fuzz $(FUZZ_RUNS) $(FUZZ_SEED)

# The same harnesses under libFuzzer, one at a time: build-libfuzzer/fuzz_NAME [CORPUS]
libfuzzer:
	@mkdir -p build-libfuzzer
	for f in $(FUZZ_SRC); do \
		clang -O1 -g -std=gnu11 $(CPPFLAGS) -DFUZZ_LIBFUZZER -fsanitize=fuzzer,address,undefined \
			-o build-libfuzzer/$$(basename $$f .c) $$f $(FUZZ_HELP_SRC) \
			$(filter-out sim/main.c,$(SIM_SRC)) $(LIB_SRC) $(SIM_LIBS) || exit 1; \
	done

lint:
	@bash tests/lint.sh

coverage:
	@$(MAKE) --no-print-directory BUILD=build-coverage \
		CFLAGS='-O0 -g --coverage -fprofile-abs-path' LDFLAGS=--coverage all tests examples fuzzers
	@bash tests/run.sh build-coverage
	@command -v gcovr > /dev/null || { echo 'coverage: gcovr is missing (apt-get install gcovr)'; exit 1; }
	gcovr --root . --filter 'src/' --filter 'sim/' --branches --exclude-throw-branches \
		--html-details build-coverage/coverage.html --print-summary build-coverage/obj

# ---- Installing --------------------------------------------------------------

D := $(DESTDIR)$(PREFIX)
INSTALLED = $(D)/bin/ioasim $(D)/lib/libioasim.a $(D)/lib/libioasim.so $(D)/lib/$(SONAME) \
	$(D)/lib/$(SOFILE) $(D)/lib/libioasim-preload.so $(D)/lib/pkgconfig/ioasim.pc \
	$(D)/share/bash-completion/completions/ioasim $(patsubst docs/man/%.scd,$(D)/share/man/man1/%,$(wildcard docs/man/*.scd))

install: all man
	install -d $(D)/bin $(D)/lib/pkgconfig $(D)/include/ioasim $(D)/share/man/man1 \
		$(D)/share/ioasim/machines $(D)/share/bash-completion/completions
	install -m 755 $(BUILD)/ioasim $(D)/bin/ioasim
	install -m 644 include/ioasim/*.h $(D)/include/ioasim/
	install -m 644 $(STATIC) $(D)/lib/libioasim.a
	install -m 755 $(BUILD)/lib/$(SOFILE) $(D)/lib/$(SOFILE)
	install -m 755 $(PRELOAD) $(D)/lib/libioasim-preload.so
	ln -sf $(SOFILE) $(D)/lib/$(SONAME)
	ln -sf $(SONAME) $(D)/lib/libioasim.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' ioasim.pc.in > $(D)/lib/pkgconfig/ioasim.pc
	for m in $(MAN); do install -m 644 $$m $(D)/share/man/man1/; done
	for m in machines/*.yaml; do test ! -f $$m || install -m 644 $$m $(D)/share/ioasim/machines/; done
	install -m 644 $(BUILD)/ioasim.bash \
		$(D)/share/bash-completion/completions/ioasim

uninstall:
	rm -f $(INSTALLED)
	rm -rf $(D)/include/ioasim $(D)/share/ioasim

clean:
	rm -rf build build-*
	$(if $(filter-out build,$(BUILD)),rm -rf $(BUILD))

help:
	@echo 'make demo         install what is missing, build, import a recorded log, replay it'
	@echo 'make check        install what is missing, build, run every test'
	@echo 'make all          build/ioasim and build/lib/libioasim.{a,so}'
	@echo 'make deps         install what is missing (Debian, apt-get)'
	@echo 'make bench        rates per core, beside a calibration; BENCH_ENFORCE=1 fails below the floors'
	@echo 'make bench-memory replay of 100 million records: memory does not grow'
	@echo 'make bench-sweep  a sweep of 100 machines beside 100 replays'
	@echo 'make fuzz         FUZZ_RUNS=1000000 FUZZ_SEED=1, under sanitizers'
	@echo 'make libfuzzer    the same harnesses for libFuzzer (clang)'
	@echo 'make lint         layout, headers alone, layers, exported symbols, static analysis'
	@echo 'make coverage     branches taken by the tests (gcovr)'
	@echo 'make install      DESTDIR= PREFIX=/usr/local; and uninstall'
	@echo 'make docs         what pages in docs/ say of calls, scenarios, tests, walks and measurements'
	@echo 'make clean'
	@echo 'Variables: CC=gcc|clang CFLAGS= SANITIZE=address,undefined BUILD=build'

FORCE:
.PHONY: all tests examples fuzzers man docs docs-uapi docs-walk docs-rules docs-validation deps demo demo-run check bench bench-memory bench-sweep fuzz libfuzzer \
	lint coverage install uninstall clean help FORCE
.DELETE_ON_ERROR:
# Kept, so that a second make does not compile test programs again.
.SECONDARY:
-include $(patsubst %.o,%.d,$(LIB_OBJ) $(SIM_OBJ) $(TEST_HELP_OBJ) $(FUZZ_HELP_OBJ) $(BENCH_OBJ) $(PRELOAD_OBJ)) \
	$(patsubst tests/%.c,$(BUILD)/obj/tests/%.d,$(wildcard tests/preload/*.c)) \
	$(patsubst %.c,$(BUILD)/obj/%.d,$(TEST_SRC) $(FUZZ_SRC)) \
	$(foreach fault,$(BROKEN),$(BROKEN_OBJ_$(fault):.o=.d))
