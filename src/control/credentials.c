#include "control/credentials.h"

#include <netinet/in.h>
#include <resolv.h> /* b64_ntop(), b64_pton() */
#include <string.h>

#include "base/text.h"

/* An answer under construction; what does not fit makes it too long for any command. */
struct answer {
    size_t len;
    char text[COMMAND_MAX + 1];
};

static void add_part(struct answer *answer, struct slice text)
{
    size_t room = sizeof(answer->text) - answer->len;
    size_t len = text.len < room ? text.len : room;

    if (len > 0)
        memcpy(answer->text + answer->len, text.at, len);
    answer->len += len;
}

static void add_base64(struct answer *answer, struct slice text)
{
    char encoded[4 * ((CHANGE_TEXT_MAX + 2) / 3) + 1];
    int len = b64_ntop((const unsigned char *)(text.len ? text.at : ""), text.len, encoded,
                       sizeof(encoded));

    add_part(answer, (struct slice){encoded, len > 0 ? (size_t)len : 0});
    explicit_bzero(encoded, sizeof(encoded));
}

const char *credentials_fault(const struct request *request, const struct credentials *given)
{
    bool both = request->kind == REQUEST_USERNAME_PASSWORD;

    if (given->username && !both && request->kind != REQUEST_USERNAME)
        return "the question does not ask for a user name";
    if (given->password && !both && request->kind != REQUEST_PASSWORD)
        return "the question does not ask for a password";
    if (request->kind == REQUEST_CHALLENGE)
        return NULL;
    if (request->challenge)
        return given->password && given->response
                   ? "the question has a challenge: it takes a response, or a password without one"
                   : NULL;
    if (!request->static_challenge)
        return given->response ? "the question has no challenge" : NULL;
    if (given->password && !given->response)
        return "the question has a challenge: password and response are wanted together";
    if (given->response && !given->password)
        return "password and response are wanted together";
    return NULL;
}

/* The parts of "CRV1:FLAGS:STATE_ID:BASE64_USER:TEXT". */
static void split_challenge(const struct request *request, struct slice *state, struct slice *user)
{
    struct slice rest = slice_of(request->challenge);

    slice_cut(&rest, ':');
    slice_cut(&rest, ':');
    *state = slice_cut(&rest, ':');
    *user = slice_cut(&rest, ':');
}

/* The user name that the challenge carries. */
static enum command_error challenge_username(const struct request *request,
                                             struct command_dialect dialect,
                                             struct command *command)
{
    unsigned char user[TEXT_MAX];
    char encoded[TEXT_MAX + 1];
    struct slice state;
    struct slice base64;
    int len;

    split_challenge(request, &state, &base64);
    if (base64.len >= sizeof(encoded))
        return COMMAND_TOO_LONG;
    if (base64.len > 0)
        memcpy(encoded, base64.at, base64.len);
    encoded[base64.len] = '\0';
    len = b64_pton(encoded, user, sizeof(user));
    if (len <= 0)
        return COMMAND_EMPTY;
    return command_username(command, dialect, slice_of(request->name),
                            (struct slice){(const char *)user, (size_t)len});
}

static void build_password(const struct request *request, const struct credentials *given,
                           struct answer *answer)
{
    struct slice state;
    struct slice user;

    if (given->response && request->challenge) {
        split_challenge(request, &state, &user);
        add_part(answer, slice_of("CRV1::"));
        add_part(answer, state);
        add_part(answer, slice_of("::"));
        add_part(answer, change_text(given->response));
    } else if (given->response && request->concat) {
        add_part(answer, change_text(given->password));
        add_part(answer, change_text(given->response));
    } else if (given->response) {
        add_part(answer, slice_of("SCRV1:"));
        add_base64(answer, change_text(given->password));
        add_part(answer, slice_of(":"));
        add_base64(answer, change_text(given->response));
    } else {
        add_part(answer, change_text(given->password));
    }
}

static enum command_error password_command(const struct request *request,
                                           struct command_dialect dialect,
                                           const struct credentials *given, struct command *command)
{
    struct answer answer = {.len = 0};
    enum command_error error;

    build_password(request, given, &answer);
    error = command_password(command, dialect, slice_of(request->name),
                             (struct slice){answer.text, answer.len});
    explicit_bzero(&answer, sizeof(answer));
    return error;
}

static enum command_error response_command(const struct credentials *given, struct command *command)
{
    struct answer answer = {.len = 0};
    enum command_error error;

    add_base64(&answer, change_text(given->response));
    error = command_cr_response(command, (struct slice){answer.text, answer.len});
    explicit_bzero(&answer, sizeof(answer));
    return error;
}

enum command_error credentials_commands(const struct request *request,
                                        struct command_dialect dialect,
                                        const struct credentials *given,
                                        struct command commands[CREDENTIALS_COMMANDS_MAX],
                                        size_t *count)
{
    enum command_error error = COMMAND_OK;

    *count = 0;
    if (given->username)
        error = command_username(&commands[(*count)++], dialect, slice_of(request->name),
                                 change_text(given->username));
    else if (given->response && request->challenge)
        error = challenge_username(request, dialect, &commands[(*count)++]);
    if (request->kind == REQUEST_CHALLENGE)
        error = response_command(given, &commands[(*count)++]);
    else if (error == COMMAND_OK && (given->password || given->response))
        error = password_command(request, dialect, given, &commands[(*count)++]);
    if (error != COMMAND_OK) {
        for (size_t i = 0; i < *count; i++)
            command_wipe(&commands[i]);
        *count = 0;
    }
    return error;
}
