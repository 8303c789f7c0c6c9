"""People: roles per space and room, and invitations."""

from playwright.sync_api import expect


def people(page):
    return page.get_by_role("region", name="Who may sign in")


def user(hub, name: str) -> dict:
    return next(each for each in hub.get("/users") if each["name"] == name)


def test_everybody_is_shown_with_roles_and_ways_to_sign_in(visit):
    page = visit("/people")

    expect(people(page).get_by_role("row", name="ada")).to_contain_text("Harbour SSO")
    expect(people(page).get_by_role("row", name="ada")).to_contain_text("2 passkeys")
    expect(people(page).get_by_role("row", name="quay")).to_contain_text("Edge Editor")
    expect(people(page).get_by_role("row", name="quay")).to_contain_text("Switched off")


def test_an_admin_makes_a_user(visit, hub):
    page = visit("/people")
    page.get_by_role("button", name="New user").click()
    dialog = page.get_by_role("dialog", name="New user")
    dialog.get_by_label("Name").fill("mate")
    dialog.get_by_label("Password").fill("a long enough one")
    dialog.get_by_role("group", name="Role in Harbour Lab").get_by_text("Editor").click()
    expect(dialog).to_contain_text("muster user create mate --role editor")
    dialog.get_by_role("button", name="Make mate").click()

    expect(people(page)).to_contain_text("mate")
    assert user(hub, "mate")["role"] == "editor"


def test_an_invitation_shows_its_link_once(visit, says_after):
    page = visit("/people?do=invite")
    dialog = page.get_by_role("dialog", name="Invite a person")
    dialog.get_by_label("Name").fill("grace")
    dialog.get_by_text("30 days").click()
    expect(dialog).to_contain_text("muster user invite grace --role viewer --ttl 30d")
    dialog.get_by_role("button", name="Invite grace").click()
    made = page.get_by_role("dialog", name="The link for grace")
    says_after(made.get_by_role("button", name="Copy").click, page, "Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("https://hub.harbour.lan")
    made.get_by_role("button", name="I have it").click()

    invitations = page.get_by_role("region", name="Invitations")
    expect(invitations).to_contain_text("grace")
    expect(page.get_by_text("/invitation#")).to_have_count(0)
    invitations.get_by_role("button", name="End now…").click()
    page.get_by_role("dialog").get_by_role("button", name="End it for grace").click()
    expect(invitations).to_contain_text("No invitation is open")


def test_roles_change_in_single_rooms_and_only_what_differs_is_sent(visit, hub):
    page = visit(f"/people?do=roles&user={user(hub, 'quay')['id']}")
    dialog = page.get_by_role("dialog", name="Roles of quay")
    dialog.get_by_role("group", name="Role in Edge").get_by_text("None").click()
    dialog.get_by_role("group", name="Role in Harbour Lab").get_by_text("Viewer").click()
    expect(dialog).to_contain_text("muster user role quay viewer --space 'Harbour Lab'")
    expect(dialog).to_contain_text("muster user role quay none --room Edge")
    dialog.get_by_role("button", name="Save the roles").click()

    expect(people(page).get_by_role("row", name="quay")).to_contain_text("Harbour Lab Viewer")
    assert list(user(hub, "quay")["roles"].values()) == ["viewer"]
    assert list(user(hub, "quay")["room_roles"].values()) == ["viewer"]


def test_a_lost_passkey_of_somebody_is_taken_away(visit, hub):
    page = visit(f"/people?do=passkeys&user={user(hub, 'ada')['id']}")
    dialog = page.get_by_role("dialog", name="Passkeys of ada")
    dialog.get_by_role("button", name="Remove…").first.click()
    page.get_by_role("button", name="Remove YubiKey on the key ring").click()

    expect(people(page).get_by_role("row", name="ada")).to_contain_text("1 passkey")


def test_somebody_is_let_in_again_by_a_new_password_alone(visit, hub):
    page = visit("/people")
    page.get_by_role("button", name="Actions for ada").click()
    page.get_by_role("menuitem", name="Reset sign-in…").click()
    dialog = page.get_by_role("dialog", name="Reset the sign-in of ada?")
    expect(dialog).to_contain_text("muster user reset ada")
    dialog.get_by_label("Password").fill("a long enough one")
    dialog.get_by_role("button", name="Reset ada").click()
    expect(people(page).get_by_role("row", name="ada")).not_to_contain_text("passkey")

    ada = user(hub, "ada")
    assert (ada["passkeys"], ada["providers"], ada["require_passkey"]) == (0, [], False)


def test_a_user_is_removed_after_a_question_that_names_them(visit):
    page = visit("/people")
    page.get_by_role("button", name="Actions for watch").click()
    page.get_by_role("menuitem", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove watch").click()

    expect(people(page)).not_to_contain_text("watch")


def test_who_is_no_admin_is_told_who_may(visit, hub):
    hub.tell("account", role="viewer")
    page = visit("/people")

    expect(page.get_by_text("Only an admin sees who may sign in")).to_be_visible()
    expect(page.get_by_role("link", name="People")).to_have_count(0)


def test_a_role_in_one_room_renames_its_nodes_and_makes_no_rooms(visit, hub):
    hub.tell("account", role="room")
    page = visit("/nodes?room=Edge")
    expect(page.get_by_role("button", name="Space: Harbour Lab")).to_contain_text("editor")
    page.get_by_role("button", name="Actions for tide-gauge-3").click()

    expect(page.get_by_role("menuitem", name="Rename…")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Revoke…")).to_have_count(0)
    expect(page.get_by_role("link", name="New room")).to_have_count(0)


def test_who_signs_in_next_sees_nothing_of_what_was_read_before(visit, hub, faults):
    page = visit("/people")
    expect(people(page)).to_contain_text("ada")
    page.get_by_role("button", name="Account: admin").click()
    page.get_by_role("menuitem", name="Sign out").click()
    hub.tell("fail", path="/api/v1/users", times=9)
    page.get_by_label("Password").fill("harbour")
    page.get_by_label("Password").press("Enter")

    expect(page.get_by_text("The users could not be read")).to_be_visible()
    expect(page.get_by_text("No invitation is open")).to_have_count(0)
    expect(page.get_by_text("ada", exact=True)).to_have_count(0)
    faults.allow_refusals()
