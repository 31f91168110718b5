"""Lets the database itself refuse every change of the audit log but the next event.

Whoever alters these tables later: SQLite makes a table anew for that, and its triggers go with the old
one. Run `guard` again in the same migration.
"""

from django.db import migrations

REFUSED = "The audit log is append-only."

POSTGRESQL = (
    f"""
    CREATE FUNCTION tenants_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation',
        DETAIL = format('%s of %s is refused.', TG_OP, TG_TABLE_NAME);
    END $$
    """,
    """
    CREATE TRIGGER tenants_audit_event BEFORE UPDATE OR DELETE OR TRUNCATE ON tenants_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION tenants_audit_refuse()
    """,
    """
    CREATE TRIGGER tenants_audit_tail_kept BEFORE DELETE OR TRUNCATE ON tenants_audittail
    FOR EACH STATEMENT EXECUTE FUNCTION tenants_audit_refuse()
    """,
    """
    CREATE TRIGGER tenants_audit_tail_grows BEFORE UPDATE ON tenants_audittail FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.sequence <> OLD.sequence + 1)
    EXECUTE FUNCTION tenants_audit_refuse()
    """,
)
POSTGRESQL_UNDO = (
    "DROP TRIGGER tenants_audit_event ON tenants_auditevent",
    "DROP TRIGGER tenants_audit_tail_kept ON tenants_audittail",
    "DROP TRIGGER tenants_audit_tail_grows ON tenants_audittail",
    "DROP FUNCTION tenants_audit_refuse()",
)

# A REPLACE would delete the old row without asking the trigger for deletions, hence the one for inserts.
SQLITE_TRIGGERS = {
    "tenants_audit_update": "BEFORE UPDATE ON tenants_auditevent",
    "tenants_audit_delete": "BEFORE DELETE ON tenants_auditevent",
    "tenants_audit_replace": "BEFORE INSERT ON tenants_auditevent"
    " WHEN EXISTS (SELECT 1 FROM tenants_auditevent WHERE sequence = NEW.sequence)",
    "tenants_audit_tail_kept": "BEFORE DELETE ON tenants_audittail",
    "tenants_audit_tail_once": "BEFORE INSERT ON tenants_audittail"
    " WHEN EXISTS (SELECT 1 FROM tenants_audittail WHERE sequence > 0)",
    "tenants_audit_tail_grows": "BEFORE UPDATE ON tenants_audittail"
    " WHEN NEW.id <> OLD.id OR NEW.sequence <> OLD.sequence + 1",
}


def guard(connection):
    if connection.vendor == "postgresql":
        statements = POSTGRESQL
    else:
        statements = [
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
            for name, when in SQLITE_TRIGGERS.items()
        ]
    _run(connection, statements)


def unguard(connection):
    if connection.vendor == "postgresql":
        statements = POSTGRESQL_UNDO
    else:
        statements = [f"DROP TRIGGER {name}" for name in SQLITE_TRIGGERS]
    _run(connection, statements)


def _run(connection, statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def forwards(apps, schema_editor):
    guard(schema_editor.connection)


def backwards(apps, schema_editor):
    unguard(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_audit_log")]

    operations = [migrations.RunPython(forwards, backwards)]
