"""Directory logins over LDAP: OpenLDAP and Active Directory."""
