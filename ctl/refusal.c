#include "ctl/refusal.h"

#include <stddef.h>

/* RFC 3416, section 3; the numbers that a manager can meet here. */
enum {
    TOO_BIG = 1,
    NO_SUCH_NAME = 2,
    READ_ONLY = 4,
    GENERAL_ERROR = 5,
    NO_ACCESS = 6,
    WRONG_TYPE = 7,
    WRONG_LENGTH = 8,
    WRONG_ENCODING = 9,
    WRONG_VALUE = 10,
    NO_CREATION = 11,
    INCONSISTENT_VALUE = 12,
    RESOURCE_UNAVAILABLE = 13,
    COMMIT_FAILED = 14,
    UNDO_FAILED = 15,
    AUTHORIZATION_ERROR = 16,
    NOT_WRITABLE = 17
};

#define NO_ACCESS_WORDS                                                                            \
    "the agent does not let this user in (%s): the line of the user in snmpd.conf wants another "  \
    "security level, or there is none"

void refusal_of_reading(int status, struct fault *fault)
{
    switch (status) {
    case AUTHORIZATION_ERROR:
        fault_set(fault, OUTCOME_DENIED, NO_ACCESS_WORDS, "authorizationError");
        break;
    case NO_ACCESS:
        fault_set(fault, OUTCOME_DENIED, NO_ACCESS_WORDS, "noAccess");
        break;
    case TOO_BIG:
        fault_set(fault, OUTCOME_FAILED, "an answer does not fit a message (tooBig)");
        break;
    case GENERAL_ERROR:
        fault_set(fault, OUTCOME_FAILED,
                  "snmpd cannot get an answer from openvpn-agentx (genErr): does it hang?");
        break;
    default:
        fault_set(fault, OUTCOME_FAILED, "the agent answers with error %d", status);
    }
}

static void not_now(const struct refusal_context *context, struct fault *fault)
{
    if (context->reply[0])
        fault_set(fault, OUTCOME_REFUSED, "%s does not do that now: %s", context->daemon,
                  context->reply);
    else if (context->raced)
        fault_set(fault, OUTCOME_REFUSED,
                  "somebody else has just done something to %s: look, and try again",
                  context->daemon);
    else
        fault_set(fault, OUTCOME_REFUSED,
                  "%s does not do that now (inconsistentValue): %s is not possible in its state",
                  context->daemon, context->what);
}

static void failed(const struct refusal_context *context, struct fault *fault)
{
    if (context->reply[0])
        fault_set(fault, OUTCOME_REFUSED, "%s said no: %s", context->daemon, context->reply);
    else
        fault_set(fault, OUTCOME_REFUSED, "%s did not answer in time; nothing has changed",
                  context->daemon);
}

static void not_permitted(int status, const struct refusal_context *context, struct fault *fault)
{
    switch (status) {
    case NO_ACCESS:
        fault_set(fault, OUTCOME_DENIED,
                  "this user may not do that: its view in snmpd.conf does not have the object "
                  "(noAccess)");
        break;
    case AUTHORIZATION_ERROR:
        fault_set(fault, OUTCOME_DENIED, NO_ACCESS_WORDS, "authorizationError");
        break;
    default:
        fault_set(fault, OUTCOME_DENIED,
                  "nobody may do that: the key `allow' of %s in openvpn-agentx.conf does not have "
                  "\"%s\" (notWritable)",
                  context->daemon, context->allow);
    }
}

void refusal_of_setting(int status, const struct refusal_context *context, struct fault *fault)
{
    switch (status) {
    case NO_ACCESS:
    case AUTHORIZATION_ERROR:
    case NOT_WRITABLE:
    case READ_ONLY:
        not_permitted(status, context, fault);
        break;
    case INCONSISTENT_VALUE:
        not_now(context, fault);
        break;
    case RESOURCE_UNAVAILABLE:
        fault_set(fault, OUTCOME_REFUSED,
                  "%s still owes an answer to an earlier command: try again in a moment",
                  context->daemon);
        break;
    case COMMIT_FAILED:
        failed(context, fault);
        break;
    case UNDO_FAILED:
        fault_set(fault, OUTCOME_UNCERTAIN,
                  "%s did not answer in time, and it may have happened or not: look before you "
                  "repeat it%s%s",
                  context->daemon, context->reply[0] ? "; last words: " : "", context->reply);
        break;
    case NO_CREATION:
    case NO_SUCH_NAME:
        fault_set(fault, OUTCOME_NOT_FOUND, "it is gone: there is no such row any more");
        break;
    case WRONG_TYPE:
    case WRONG_LENGTH:
    case WRONG_ENCODING:
    case WRONG_VALUE:
        fault_set(fault, OUTCOME_REFUSED,
                  "%s cannot be told that: the value is too long, empty, out of range, or has "
                  "control characters",
                  context->daemon);
        break;
    case GENERAL_ERROR:
        fault_set(fault, OUTCOME_UNCERTAIN,
                  "snmpd got no answer from openvpn-agentx (genErr): look whether it has happened");
        break;
    default:
        fault_set(fault, OUTCOME_FAILED, "the agent answers with error %d", status);
    }
}
