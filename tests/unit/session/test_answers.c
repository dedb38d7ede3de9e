#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "session/answers.h"

static struct answers answers;
static const char one;
static const char other;

static int set_up(void **state)
{
    (void)state;
    answers = (struct answers){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    answers_clear(&answers);
    return 0;
}

/* After a denial the daemon would let the client in for whoever says so next. */
static void test_first_judges(void **state)
{
    (void)state;
    assert_false(answers_judge(&answers, 3, 1, &one));
    answers_login(&answers, 3, 1);
    answers_login(&answers, 3, 1);
    assert_int_equal(answers_waiting(&answers), 1);
    assert_false(answers_judge(&answers, 3, 0, &one));
    assert_true(answers_judge(&answers, 3, 1, &one));
    assert_false(answers_judge(&answers, 3, 1, &other));
    assert_false(answers_judge(&answers, 3, 1, &one));
}

static void test_reauth_waits_anew(void **state)
{
    (void)state;
    answers_login(&answers, 3, 1);
    answers_login(&answers, 3, 2);
    assert_true(answers_judge(&answers, 3, 1, &one));
    assert_true(answers_judge(&answers, 3, 2, &other));
    answers_login(&answers, 3, 3);
    assert_int_equal(answers_waiting(&answers), 1);
}

static void test_client_gone(void **state)
{
    (void)state;
    for (int64_t cid = 4; cid > 0; cid--)
        for (int64_t kid = 0; kid < 3; kid++)
            answers_login(&answers, cid, kid);
    answers_client_gone(&answers, 2);
    answers_client_gone(&answers, 9);
    assert_int_equal(answers_waiting(&answers), 9);
    assert_false(answers_judge(&answers, 2, 1, &one));
    assert_true(answers_judge(&answers, 1, 2, &one));
    assert_true(answers_judge(&answers, 3, 0, &one));
}

static void test_pending_is_claimed(void **state)
{
    (void)state;
    assert_false(answers_claim_login(&answers, 5, 0, &one));
    answers_login(&answers, 5, 0);
    assert_true(answers_claim_login(&answers, 5, 0, &one));
    assert_true(answers_claim_login(&answers, 5, 0, &one));
    assert_false(answers_claim_login(&answers, 5, -1, &other));
    assert_false(answers_judge(&answers, 5, 0, &other));
    answers_leave(&answers, &one);
    assert_true(answers_claim_login(&answers, 5, -1, &other));
    assert_true(answers_judge(&answers, 5, 0, &other));
}

static void test_bound(void **state)
{
    (void)state;
    for (int64_t cid = 0; cid < ANSWERS_LOGINS_MAX + 10; cid++)
        answers_login(&answers, cid, 0);
    assert_int_equal(answers_waiting(&answers), ANSWERS_LOGINS_MAX);
    assert_false(answers_judge(&answers, 9, 0, &one));
    assert_true(answers_judge(&answers, 10, 0, &one));
    assert_true(answers_judge(&answers, ANSWERS_LOGINS_MAX + 9, 0, &one));
}

/* A second user name would take the place of the first. */
static void test_question_has_an_owner(void **state)
{
    (void)state;
    assert_true(answers_may(&answers, slice_of("Auth"), &other));
    assert_true(answers_claim(&answers, slice_of("Auth"), &one));
    assert_true(answers_claim(&answers, slice_of("Auth"), &one));
    assert_false(answers_claim(&answers, slice_of("Auth"), &other));
    assert_false(answers_may(&answers, slice_of("Auth"), &other));
    assert_true(answers_claim(&answers, slice_of("Private Key"), &other));
    answers_question_over(&answers, slice_of("Auth"));
    assert_true(answers_claim(&answers, slice_of("Auth"), &other));
    answers_questions_over(&answers);
    assert_true(answers_claim(&answers, slice_of("Auth"), &one));
    answers_leave(&answers, &other);
    assert_false(answers_may(&answers, slice_of("Auth"), &other));
    answers_leave(&answers, &one);
    assert_true(answers_may(&answers, slice_of("Auth"), &other));
}

static void test_many_questions(void **state)
{
    char name[400];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "%0300d", i);
        assert_true(answers_claim(&answers, slice_of(name), &one));
        snprintf(name, sizeof(name), "%d", i);
        assert_true(answers_claim(&answers, slice_of(name), &one));
    }
    assert_int_equal(answers.question_count, ANSWERS_QUESTIONS_MAX);
    answers_leave(&answers, &one);
    assert_int_equal(answers.question_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_judges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reauth_waits_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_client_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pending_is_claimed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_question_has_an_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_questions, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
