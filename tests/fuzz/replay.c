#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/*
 * Feeds files to a fuzz target that was built without libFuzzer: those of the command line, folders
 * with all below them; without arguments the corpus of the target and the captures of the source.
 * Prints TAP, a test for each argument.
 */

/* Larger inputs are left to the fuzzer. */
#define INPUT_MAX (1u << 20)

static bool feed(const char *file)
{
    FILE *stream = fopen(file, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    uint8_t *exact; /* so that a byte beyond the end is seen */
    size_t size;

    if (!stream || !data)
        return false;
    size = fread(data, 1, INPUT_MAX, stream);
    fclose(stream);
    exact = malloc(size ? size : 1);
    if (!exact)
        return false;
    memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return true;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Whether it is an input: of the captures only what daemons said. */
static bool is_input(const FTSENT *entry)
{
    size_t len = entry->fts_namelen;

    return entry->fts_info == FTS_F &&
           (!strstr(entry->fts_path, "/captures/") ||
            (len > 4 && strcmp(entry->fts_name + len - 4, ".raw") == 0));
}

/* Number of inputs in a file or folder, -1 when one of them cannot be read. */
static int feed_all(char *path)
{
    char *paths[] = {path, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    FTSENT *entry;
    int count = 0;

    if (!tree)
        return -1;
    while ((entry = fts_read(tree))) {
        if (!is_input(entry))
            continue;
        printf("# %s\n", entry->fts_path);
        fflush(stdout);
        if (!feed(entry->fts_accpath)) {
            count = -1;
            break;
        }
        count++;
    }
    fts_close(tree);
    return count;
}

static bool test(int number, char *path)
{
    int count = feed_all(path);

    /* An empty folder would test nothing. */
    printf("%sok %d - %s: %d inputs\n", count > 0 ? "" : "not ", number, path, count);
    return count > 0;
}

/* The name of the corpus: that of the program behind "fuzz_". */
static const char *target_of(const char *program)
{
    const char *name = strstr(program, "fuzz_");

    while (name && strstr(name + 1, "fuzz_"))
        name = strstr(name + 1, "fuzz_");
    return name ? name + strlen("fuzz_") : program;
}

int main(int argc, char **argv)
{
    const char *source = getenv("TOP_SRCDIR");
    char corpus[4096];
    char captures[4096];
    char *defaults[] = {argv[0], corpus, captures, NULL};
    bool good = true;

    if (argc < 2) {
        snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", source ? source : ".",
                 target_of(argv[0]));
        snprintf(captures, sizeof(captures), "%s/tests/captures/", source ? source : ".");
        argv = defaults;
        argc = 3;
    }
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++)
        good &= test(i, argv[i]);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
