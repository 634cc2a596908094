"""Laptops and phones managed by Microsoft Intune, over Microsoft Graph."""
